using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Grains.MessageLog.Memory;
using OrleansChat.Grains.MessageLog.Sqlite;

namespace OrleansChat.Micro;

/// <summary>
/// Measures the time from a room's append to the answer of the message log. SQLite answers after the sync to disk. Logs
/// grow, so each iteration starts with empty logs.
/// </summary>
[InvocationCount(Invocations)]
public class AppendBenchmark
{
    private const int Invocations = 1024;
    private readonly List<Task<AppendResult>> _answers = [];
    private string _directory = "";
    private GroupCommit? _inMemory;
    private SqliteMessageLog? _sqlite;
    private RoomClaim[] _memoryClaims = [];
    private RoomClaim[] _sqliteClaims = [];
    private long _id;

    public static IEnumerable<Shape> Shapes => [new(1, "1"), new(64, "64 of one room"), new(64, "1 of each of 64 rooms")];

    [ParamsSource(nameof(Shapes))]
    public Shape Of { get; set; }

    private int Rooms => Of.Text.EndsWith("rooms", StringComparison.Ordinal) ? Of.Items : 1;

    [IterationSetup]
    public void SetUp() => SetUpAsync().GetAwaiter().GetResult();

    [IterationCleanup]
    public void CleanUp() => CleanUpAsync().GetAwaiter().GetResult();

    [Benchmark(Description = "append: entries, in memory")]
    public Task InMemory() => AppendAsync(_memoryClaims, append => _inMemory!.AppendAsync(append, CancellationToken.None));

    [Benchmark(Description = "append: entries, SQLite")]
    public Task Sqlite() => AppendAsync(_sqliteClaims, append => _sqlite!.AppendAsync(append, CancellationToken.None));

    private async Task AppendAsync(RoomClaim[] claims, Func<RoomAppend, Task<AppendResult>> append)
    {
        _answers.Clear();
        for (var room = 0; room < claims.Length; room++)
        {
            var entries = new MessageLogEntry[Of.Items / claims.Length];
            for (var i = 0; i < entries.Length; i++)
            {
                entries[i] = new("bob", $"{++_id}", 42, 1_795_000_000_000, RoomEventKind.Msg, Room.Text, null, null, null);
            }

            _answers.Add(append(new(NameOf(room), claims[room].Number, entries)));
        }

        foreach (var answer in _answers)
        {
            if ((await answer).Fenced)
            {
                throw new InvalidOperationException("The message log refused an append as outdated, although no other activation has claimed the room.");
            }
        }
    }

    private async Task SetUpAsync()
    {
        _directory = Directory.CreateTempSubdirectory("orleanschat-micro-").FullName;
        var (options, instruments) = (new MessageLogOptions { Path = Path.Combine(_directory, "chat.db"), AppendTimeout = TimeSpan.FromSeconds(30) }, new MessageLogInstruments(new Meters()));
        var memory = new MemoryMessageLog(instruments);
        _inMemory = new((appends, cancelled) => CommitAsync(memory, appends, cancelled), options, instruments, TimeProvider.System, NullLogger.Instance);
        _sqlite = new(options, instruments, TimeProvider.System, NullLogger.Instance);
        await _sqlite.OpenAsync(CancellationToken.None);
        _memoryClaims = await ClaimsAsync(memory);
        _sqliteClaims = await ClaimsAsync(_sqlite);
    }

    private async Task<RoomClaim[]> ClaimsAsync(IMessageStore log)
    {
        var claims = new RoomClaim[Rooms];
        for (var room = 0; room < claims.Length; room++)
        {
            claims[room] = await log.CreateAsync(NameOf(room), RoomKind.Channel, CancellationToken.None);
        }

        return claims;
    }

    private async Task CleanUpAsync()
    {
        await _inMemory!.DisposeAsync();
        await _sqlite!.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private static string NameOf(int room) => $"room-{room}";

    /// <summary>
    /// Stores a batch of the group commit in the in-memory log. This log has no disk, so the benchmark measures mainly
    /// the cost of the group commit.
    /// </summary>
    private static async Task<AppendResult[]> CommitAsync(MemoryMessageLog log, IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken)
    {
        var results = new AppendResult[appends.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = await log.AppendAsync(appends[i], cancellationToken);
        }

        return results;
    }
}
