-- Version 1 of the tables of Orleans in PostgreSQL. Orleans' ADO.NET providers use one table by name, OrleansQuery.
-- They read the text of every statement from this table by key, and use fixed names for parameters and result columns.
-- This file defines everything else, including the other tables. Some statements that change data return one row. The
-- comment before such a statement says what the row must contain.

create table OrleansQuery
(
    QueryKey text primary key,
    QueryText text not null
);

-- Membership. Every change of a cluster's list of silos raises the cluster's version by one. A statement that changes
-- the list names the version that its caller has read. If that is not the current version, nothing is changed. Each
-- such statement first updates the cluster's row. So concurrent changes wait for the lock on this row, and happen one
-- after another.

create table orleans_cluster
(
    id text primary key,
    version integer not null default 0,
    changed timestamptz not null default now()
);

create table orleans_silo
(
    cluster text not null references orleans_cluster on delete cascade,
    address text not null,
    port integer not null,
    generation integer not null,
    name text not null,
    host text not null,
    status integer not null,
    proxy_port integer not null,
    suspicions text,
    started timestamptz not null,
    alive timestamptz not null,
    primary key (cluster, address, port, generation)
);

-- Returns 1 if the cluster is new, otherwise 0.
insert into OrleansQuery values ('InsertMembershipVersionKey', $query$
    with made as (insert into orleans_cluster (id) values (@DeploymentId) on conflict do nothing returning id)
    select count(*)::integer from made
$query$);

-- Returns 1 if the silo was added, 0 if the version has changed or the silo already exists.
insert into OrleansQuery values ('InsertMembershipKey', $query$
    with raised as
    (
        update orleans_cluster set version = version + 1, changed = now()
        where id = @DeploymentId and version = @Version and not exists
            (select from orleans_silo where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning id
    ),
    added as
    (
        insert into orleans_silo (cluster, address, port, generation, name, host, status, proxy_port, started, alive)
        select id, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime from raised
        returning port
    )
    select count(*)::integer from added
$query$);

-- Returns 1 if the silo was changed, 0 if the version has changed or there is no such silo.
insert into OrleansQuery values ('UpdateMembershipKey', $query$
    with raised as
    (
        update orleans_cluster set version = version + 1, changed = now()
        where id = @DeploymentId and version = @Version and exists
            (select from orleans_silo where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning id
    ),
    changed as
    (
        update orleans_silo set status = @Status, suspicions = @SuspectTimes, alive = @IAmAliveTime from raised
        where cluster = raised.id and address = @Address and port = @Port and generation = @Generation
        returning port
    )
    select count(*)::integer from changed
$query$);

-- Orleans does not read the result of this statement. The statement does not raise the version, because a sign of life
-- does not change the list.
insert into OrleansQuery values ('UpdateIAmAlivetimeKey', $query$
    update orleans_silo set alive = @IAmAliveTime
    where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation
$query$);

-- The next statement returns one row per silo, and the statement after it returns the row of one silo. If there is no
-- such silo, each returns one row with the version and with StartTime null.
insert into OrleansQuery values ('MembershipReadAllKey', $query$
    select cluster.version as Version, silo.address as Address, silo.port as Port, silo.generation as Generation, silo.name as SiloName,
        silo.host as HostName, silo.status as Status, silo.proxy_port as ProxyPort, silo.suspicions as SuspectTimes,
        silo.started as StartTime, silo.alive as IAmAliveTime
    from orleans_cluster cluster left join orleans_silo silo on silo.cluster = cluster.id
    where cluster.id = @DeploymentId
$query$);

insert into OrleansQuery values ('MembershipReadRowKey', $query$
    select cluster.version as Version, silo.address as Address, silo.port as Port, silo.generation as Generation, silo.name as SiloName,
        silo.host as HostName, silo.status as Status, silo.proxy_port as ProxyPort, silo.suspicions as SuspectTimes,
        silo.started as StartTime, silo.alive as IAmAliveTime
    from orleans_cluster cluster left join orleans_silo silo
        on silo.cluster = cluster.id and silo.address = @Address and silo.port = @Port and silo.generation = @Generation
    where cluster.id = @DeploymentId
$query$);

-- The silos that accept clients.
insert into OrleansQuery values ('GatewaysQueryKey', $query$
    select address as Address, proxy_port as ProxyPort, generation as Generation from orleans_silo
    where cluster = @DeploymentId and status = @Status and proxy_port > 0
$query$);

-- Deletes the rows of silos whose last sign of life is old. An active silo (status 3) is kept: it must be declared dead
-- first.
insert into OrleansQuery values ('CleanupDefunctSiloEntriesKey', $query$
    delete from orleans_silo where cluster = @DeploymentId and alive < @IAmAliveTime and status <> 3
$query$);

insert into OrleansQuery values ('DeleteMembershipTableEntriesKey', $query$
    delete from orleans_cluster where id = @DeploymentId
$query$);

-- Grain state. A grain is identified by its type and its key. The key is two numbers, or a text with both numbers zero,
-- or a text with two numbers. A missing text is stored as an empty text, because no column of a primary key can be
-- null. With this primary key, only one of two concurrent first writes of a grain inserts a row. The hashes of type and
-- key that the providers pass are not needed.

create table orleans_grain_state
(
    service text not null,
    type text not null,
    key_text text not null,
    key_high bigint not null,
    key_low bigint not null,
    version integer not null,
    state bytea,
    written timestamptz not null default now(),
    primary key (service, type, key_text, key_high, key_low)
);

-- A write returns the new version. The writer passes the version that it has read, or null if it has read no row. If
-- this version is not the stored version, the write changes nothing and returns the passed version. Then the provider
-- reports an inconsistent state.
insert into OrleansQuery values ('WriteToStorageKey', $query$
    with replaced as
    (
        update orleans_grain_state set version = version + 1, state = @PayloadBinary, written = now()
        where service = @ServiceId and type = @GrainTypeString and key_text = coalesce(@GrainIdExtensionString, '')
            and key_high = @GrainIdN0 and key_low = @GrainIdN1 and version = @GrainStateVersion
        returning version
    ),
    made as
    (
        insert into orleans_grain_state (service, type, key_text, key_high, key_low, version, state)
        select @ServiceId, @GrainTypeString, coalesce(@GrainIdExtensionString, ''), @GrainIdN0, @GrainIdN1, 1, @PayloadBinary
        where @GrainStateVersion is null
        on conflict do nothing
        returning version
    )
    select coalesce((select version from replaced), (select version from made), @GrainStateVersion) as NewGrainStateVersion
$query$);

insert into OrleansQuery values ('ReadFromStorageKey', $query$
    select state as PayloadBinary, version as Version from orleans_grain_state
    where service = @ServiceId and type = @GrainTypeString and key_text = coalesce(@GrainIdExtensionString, '')
        and key_high = @GrainIdN0 and key_low = @GrainIdN1
$query$);

insert into OrleansQuery values ('ClearStorageKey', $query$
    with cleared as
    (
        update orleans_grain_state set version = version + 1, state = null, written = now()
        where service = @ServiceId and type = @GrainTypeString and key_text = coalesce(@GrainIdExtensionString, '')
            and key_high = @GrainIdN0 and key_low = @GrainIdN1 and version = @GrainStateVersion
        returning version
    )
    select coalesce((select version from cleared), @GrainStateVersion) as NewGrainStateVersion
$query$);

insert into OrleansQuery values ('DeleteStorageKey', $query$
    with deleted as
    (
        delete from orleans_grain_state
        where service = @ServiceId and type = @GrainTypeString and key_text = coalesce(@GrainIdExtensionString, '')
            and key_high = @GrainIdN0 and key_low = @GrainIdN1 and version = @GrainStateVersion
        returning version
    )
    select coalesce((select version + 1 from deleted), @GrainStateVersion) as NewGrainStateVersion
$query$);
