-- Version 1 of what Orleans keeps in PostgreSQL. Its ADO.NET providers know one table, OrleansQuery: they fetch the text of every
-- statement from it by key, and give parameters and read columns by fixed names. All else, the tables included, is this file's.
-- A statement that changes something answers with one row; what the row must hold stands before each.

create table OrleansQuery
(
    QueryKey text primary key,
    QueryText text not null
);

-- Membership. A cluster has a version that every change of its list of silos raises by one; whoever changes the list says which version he
-- has read, and where that is no longer the version, nothing is changed. The cluster's row is thereby also the lock that orders changes.

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

-- Answers 1 where the cluster is new, else 0.
insert into OrleansQuery values ('InsertMembershipVersionKey', $query$
    with made as (insert into orleans_cluster (id) values (@DeploymentId) on conflict do nothing returning id)
    select count(*)::integer from made
$query$);

-- Answers 1 where the silo has been added, 0 where the version has moved on or the silo is there already.
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

-- Answers 1 where the silo has been changed, 0 where the version has moved on or there is no such silo.
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

-- Nothing is read of its answer. It leaves the version alone: that a silo lives on is no change of the list.
insert into OrleansQuery values ('UpdateIAmAlivetimeKey', $query$
    update orleans_silo set alive = @IAmAliveTime
    where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation
$query$);

-- The two reads answer a row a silo. Where there is none, one row still carries the version, and its StartTime is null.
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

-- The silos that take in clients.
insert into OrleansQuery values ('GatewaysQueryKey', $query$
    select address as Address, proxy_port as ProxyPort, generation as Generation from orleans_silo
    where cluster = @DeploymentId and status = @Status and proxy_port > 0
$query$);

-- Long after a silo's last sign of life, its row goes, unless it passes for active (3): such a one is first declared dead.
insert into OrleansQuery values ('CleanupDefunctSiloEntriesKey', $query$
    delete from orleans_silo where cluster = @DeploymentId and alive < @IAmAliveTime and status <> 3
$query$);

insert into OrleansQuery values ('DeleteMembershipTableEntriesKey', $query$
    delete from orleans_cluster where id = @DeploymentId
$query$);

-- Grain state. A grain is its type and its key; the key is two numbers, or a text with both zero, or both. An absent text is stored as an
-- empty one, so that the primary key holds for every grain: of two first writes at the same time, one inserts and the other does not.
-- The providers' hashes of type and key are not needed for that, nor for finding the row.

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

-- The three writes answer the new version. Where the version that the writer has read is not the one stored (null: nothing), they change
-- nothing and answer the writer's own version: the provider takes that for what it is, an inconsistent state.
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
