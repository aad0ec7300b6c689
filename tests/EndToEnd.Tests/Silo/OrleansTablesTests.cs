using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Orleans.Storage;
using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.Grains.Interfaces;
using OrleansChat.ProcessHosting;
using OrleansChat.Silo.Clustering;
using OrleansChat.TestSupport;

namespace OrleansChat.EndToEnd.Tests.Silo;

/// <summary>The tables of Orleans on PostgreSQL. The tests use them through Orleans' own providers.</summary>
public sealed class OrleansTablesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FirstWrite_WhenManyWriteAtOnce_SucceedsForOne()
    {
        const int Grains = 60;
        const int Writers = 4;
        var database = await DatabaseAsync();
        using var silo = await SiloAsync(database);
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(GatewayStreamNames.SubscriptionStore);

        for (var at = 0; at < Grains; at++)
        {
            var grain = GrainId.Create("first", at.ToString(CultureInfo.InvariantCulture));
            using var barrier = new Barrier(Writers);
            var outcomes = await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Factory.StartNew(
                () =>
                {
                    barrier.SignalAndWait(Cancellation);
                    return WriteAsync(storage, grain, new GrainState<Note>(new() { Text = $"writer {writer}" }));
                },
                Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));
            Assert.Single(outcomes, written => written);
        }

        Assert.Equal((long)Grains, await PostgresServer.AskAsync(database, "select count(*) from orleans_grain_state where type = 'state'"));
    }

    [Fact]
    public async Task Write_WhenTheVersionIsOld_ChangesNothing()
    {
        using var silo = await SiloAsync(await DatabaseAsync());
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(GatewayStreamNames.SubscriptionStore);
        var grain = GrainId.Create("old", "1");
        Assert.True(await WriteAsync(storage, grain, new GrainState<Note>(new() { Text = "first" })));
        GrainState<Note> one = new(), other = new();
        await storage.ReadStateAsync("state", grain, one);
        await storage.ReadStateAsync("state", grain, other);

        (one.State, other.State) = (new() { Text = "one" }, new() { Text = "other" });
        Assert.True(await WriteAsync(storage, grain, one));
        Assert.False(await WriteAsync(storage, grain, other));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("state", grain, other));

        var now = new GrainState<Note>();
        await storage.ReadStateAsync("state", grain, now);
        Assert.Equal("one", now.State?.Text);
    }

    [Fact]
    public async Task Clear_WhenAGrainHasState_DeletesItsRow()
    {
        var database = await DatabaseAsync();
        using var silo = await SiloAsync(database);
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(GatewayStreamNames.SubscriptionStore);
        var grain = GrainId.Create("cleared", "1");
        var state = new GrainState<Note>(new() { Text = "first" });
        Assert.True(await WriteAsync(storage, grain, state));

        await storage.ClearStateAsync("state", grain, state);

        Assert.Equal(0L, await PostgresServer.AskAsync(database, "select count(*) from orleans_grain_state where type = 'state'"));
        state.State = new() { Text = "second" };
        Assert.True(await WriteAsync(storage, grain, state));
    }

    [Fact]
    public async Task State_WhenKeysDifferOnlyInKind_IsSeparate()
    {
        using var silo = await SiloAsync(await DatabaseAsync());
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(GatewayStreamNames.SubscriptionStore);
        GrainId[] grains =
        [
            GrainId.Create("kind", "a"),
            GrainId.Create("kind", "b"),
            GrainId.Create(GrainType.Create("kind"), GrainIdKeyExtensions.CreateIntegerKey(1)),
            GrainId.Create(GrainType.Create("kind"), GrainIdKeyExtensions.CreateIntegerKey(1, "a")),
            GrainId.Create(GrainType.Create("kind"), GrainIdKeyExtensions.CreateGuidKey(Guid.Parse("6f1a4d1e-6a0f-4a35-9d7c-2f0d8c7f6b11"))),
        ];

        foreach (var grain in grains)
        {
            Assert.True(await WriteAsync(storage, grain, new GrainState<Note>(new() { Text = grain.ToString() })));
        }

        foreach (var grain in grains)
        {
            var found = new GrainState<Note>();
            await storage.ReadStateAsync("state", grain, found);
            Assert.Equal(grain.ToString(), found.State?.Text);
        }
    }

    [Fact]
    public async Task OrleansTables_WhenManyCreateThemAtOnce_HaveTheNewestVersion()
    {
        var database = await DatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => MakeAsync(database)));
        await MakeAsync(database);

        Assert.Equal((long)OrleansTables.Newest, Convert.ToInt64(
            await PostgresServer.AskAsync(database, "select version from orleanschat_cluster_schema"), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task OrleansTables_WhenNewerThanTheProgram_AreRefused()
    {
        var database = await DatabaseAsync();
        await MakeAsync(database);
        await PostgresServer.ExecuteAsync(database, "update orleanschat_cluster_schema set version = 1000");

        var refusal = await Assert.ThrowsAsync<ClusterStoreException>(() => MakeAsync(database));

        Assert.Contains("1000", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OrleansTables_WhenAnotherProgramMadeThem_AreRefused()
    {
        var database = await DatabaseAsync();
        await PostgresServer.ExecuteAsync(database, "create table OrleansQuery (QueryKey varchar(64), QueryText varchar(8000))");

        var refusal = await Assert.ThrowsAsync<ClusterStoreException>(() => MakeAsync(database));

        Assert.Contains("Cluster:ConnectionString", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await PostgresServer.AskAsync(database, "select count(*) from OrleansQuery"));
    }

    [Fact]
    public async Task OrleansTables_WhenAnotherSiloMigrates_OutlastTheCommandTimeout()
    {
        var database = await DatabaseAsync();
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using var take = new NpgsqlCommand("select pg_advisory_xact_lock(7305829461120001)", connection);
        await take.ExecuteNonQueryAsync(Cancellation);

        // MigrateAsync does not retry, so a timeout makes the test fail. A silo would hide the timeout with a retry.
        var migrating = Tables($"{database};Command Timeout=1;Options=-c statement_timeout=1000 -c lock_timeout=1000").MigrateAsync(Cancellation);
        await using (var watching = new NpgsqlCommand("select count(*) from pg_locks where locktype = 'advisory' and not granted", connection))
        {
            await Waiting.UntilAsync(() => (long)watching.ExecuteScalar()! > 0, "a migration that waits for the lock");
        }

        await Task.Delay(TimeSpan.FromSeconds(2), Cancellation); // All timeouts of the migration's connection are 1 s.
        Assert.False(migrating.IsCompleted, "The migration must wait for the lock.");
        await transaction.RollbackAsync(Cancellation);
        await migrating;
        Assert.Equal(OrleansTables.Newest, await PostgresServer.AskAsync(database, "select version from orleanschat_cluster_schema"));
    }

    private static async Task<string> DatabaseAsync() => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();

    private static Task MakeAsync(string database) => Tables(database).StartAsync(Cancellation);

    private static OrleansTables Tables(string database) => new(
        new() { Store = ClusterStore.Postgres, ConnectionString = database }, new(TimeProvider.System, NullLogger<StartupWait>.Instance),
        NullLogger<OrleansTables>.Instance);

    /// <summary>
    /// Starts a silo that this project's own code configures. The silo stores its membership and its grains' state in
    /// the database.
    /// </summary>
    private static async Task<IHost> SiloAsync(string database)
    {
        var port = RunningLocalCluster.FreePorts(2);
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Cluster:Store"] = "postgres",
            ["Cluster:ConnectionString"] = database,
            ["Silo:Port"] = port.ToString(CultureInfo.InvariantCulture),
            ["Silo:ClientPort"] = (port + 1).ToString(CultureInfo.InvariantCulture),
        });
        builder.AddOrleansTables();
        builder.UseOrleans(silo => silo.AddCluster(builder.Configuration));
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }

    /// <summary>
    /// Writes the state of a grain. Returns false if the storage throws <see cref="InconsistentStateException"/>. Does
    /// not catch other exceptions.
    /// </summary>
    private static async Task<bool> WriteAsync(IGrainStorage storage, GrainId grain, GrainState<Note> state)
    {
        try
        {
            await storage.WriteStateAsync("state", grain, state);
            return true;
        }
        catch (InconsistentStateException)
        {
            return false;
        }
    }

    private sealed class Note
    {
        public string Text { get; set; } = "";
    }
}
