-- Creates the gateways' database user, orleanschat_gateway, or sets its password and rights again. The user can read
-- the list of silos and nothing else: no messages, no rooms, no stream subscriptions. Run this script with psql 15 or
-- newer, in the database of OrleansChat, as a superuser or as a user that may create roles and owns the tables:
--   GATEWAY_DATABASE_PASSWORD=... psql --set=ON_ERROR_STOP=1 --file=deploy/gateway-role.sql \
--     "host=... dbname=orleanschat user=postgres"
-- The first silo creates the tables. The script waits up to a minute for them.
\getenv password GATEWAY_DATABASE_PASSWORD

select 'create role orleanschat_gateway login'
where not exists (select from pg_roles where rolname = 'orleanschat_gateway') \gexec
alter role orleanschat_gateway with login password :'password';

do $$
begin
    for attempt in 1 .. 120 loop
        -- The loop reads the catalog, because to_regclass remembers a missing table until the transaction ends.
        exit when 3 = (select count(*) from pg_tables
            where schemaname = any (current_schemas(false)) and tablename in ('orleansquery', 'orleans_cluster', 'orleans_silo'));
        if attempt = 120 then
            raise exception 'Database % has no tables of OrleansChat', current_database()
                using hint = 'Start a silo first, and check that its Cluster:ConnectionString names this database.';
        end if;
        perform pg_sleep(0.5);
    end loop;
end
$$;

select format('grant connect on database %I to orleanschat_gateway', current_database()) \gexec
grant select on orleansquery, orleans_cluster, orleans_silo to orleanschat_gateway;
