using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.TestSupport;
using static OrleansChat.Grains.Tests.MessageLog.Entries;

namespace OrleansChat.Grains.Tests.MessageLog;

/// <summary>
/// How GroupCommit joins the appends of several rooms into commits. The test's store holds each commit until the test
/// releases the commit.
/// </summary>
public sealed class GroupCommitTests : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly AsyncLocal<string?> Caller = new();

    private readonly GatedStore _store = new();
    private GroupCommit? _commits;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _store.OpenForGood();
        if (_commits is not null)
        {
            await _commits.DisposeAsync();
        }

        _store.Dispose();
    }

    [Fact]
    public async Task Append_WhenACommitRuns_SharesTheNextCommit()
    {
        Start();
        var first = Append("a");
        await _store.NextAsync();

        var others = Enumerable.Range(0, 20).Select(i => Append($"room-{i}")).ToArray();
        _store.Release();
        Assert.Equal(20, (await _store.NextAsync()).Count);
        _store.Release();

        await Task.WhenAll([first, .. others]);
    }

    [Fact]
    public async Task Create_WhenACommitRuns_SharesTheNextCommitWithAppends()
    {
        Start();
        var first = Append("a");
        await _store.NextAsync();

        var created = Enumerable.Range(0, 20).Select(i => _commits!.CreateAsync(new($"new-{i}", RoomKind.Channel, []), Ct)).ToArray();
        var others = Enumerable.Range(0, 20).Select(i => Append($"room-{i}")).ToArray();
        _store.Release();
        Assert.Equal(40, (await _store.NextAsync()).Count);
        _store.Release();

        await Task.WhenAll([first, .. others, .. created]);
    }

    [Fact]
    public async Task Append_WhenItsRoomIsInTheCommitAlready_WaitsForTheNextCommit()
    {
        Start();
        var first = Append("x");
        await _store.NextAsync();
        Task<AppendResult>[] others = [Append("a"), Append("b"), Append("a"), Append("c")];

        _store.Release();
        Assert.Equal(["a", "b"], (await _store.NextAsync()).Select(append => append.Room));
        _store.Release();
        Assert.Equal(["a", "c"], (await _store.NextAsync()).Select(append => append.Room));
        _store.Release();

        await Task.WhenAll([first, .. others]);
    }

    [Fact]
    public async Task GroupCommit_WhenTheRowsExceedTheLimit_SplitsThemByRoom()
    {
        Start(options => options.MaxRowsPerCommit = 4);
        var first = Append("x");
        await _store.NextAsync();

        Task<AppendResult>[] others = [Append("a", 3), Append("b"), Append("c", 9), Append("d")];

        string[][] expected = [["a", "b"], ["c"], ["d"]];
        foreach (var rooms in expected)
        {
            _store.Release();
            Assert.Equal(rooms, (await _store.NextAsync()).Select(append => append.Room));
        }

        _store.Release();
        await Task.WhenAll([first, .. others]);
    }

    [Fact]
    public async Task Append_WhenTooManyWait_IsUnavailableAfterTheTimeoutAndStoresNothing()
    {
        var time = new ManualTime();
        Start(options => options.WaitingAppends = 2, time);
        var unknown = Append("in-flight");
        await _store.NextAsync();

        Task<AppendResult>[] waiting = [Append("a"), Append("b")];
        var third = Append("c");
        time.Advance(Timeout);

        var full = await Assert.ThrowsAsync<MessageLogUnavailableException>(() => third);
        Assert.Contains("nothing was stored", full.Message, StringComparison.Ordinal);
        foreach (var append in waiting)
        {
            Assert.Contains("nothing was stored", (await Assert.ThrowsAsync<MessageLogUnavailableException>(() => append)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("unknown", (await Assert.ThrowsAsync<MessageLogUnavailableException>(() => unknown)).Message, StringComparison.Ordinal);

        // Appends that timed out while they waited are never committed.
        _store.OpenForGood();
        await Append("d");
        Assert.Equal(["in-flight", "d"], _store.Committed);
    }

    [Fact]
    public async Task Append_WhenTheStoreRefusesOneRoomsRows_CommitsTheOtherRooms()
    {
        Start();
        var first = Append("x");
        await _store.NextAsync();
        _store.Refused = "b";

        var (a, b, c) = (Append("a"), Append("b"), Append("c"));
        _store.OpenForGood();

        await Assert.ThrowsAsync<MessageLogEntryException>(() => b);
        await Task.WhenAll(first, a, c);
        Assert.Equal(["x", "a", "c"], _store.Committed);
    }

    [Fact]
    public async Task Append_WhenTheStoreFails_FailsEveryAppendOfThatCommit()
    {
        Start();
        var first = Append("x");
        await _store.NextAsync();
        var (a, b) = (Append("a"), Append("b"));
        _store.Release();
        await _store.NextAsync();
        _store.Failure = new MessageLogUnavailableException("gone");
        _store.Release();

        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => a);
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => b);
        _store.Failure = new InvalidOperationException("a bug");
        _store.OpenForGood();
        await Assert.ThrowsAsync<MessageLogUnavailableException>(() => Append("c"));
        _store.Failure = null;
        await Append("d");
        await first;
    }

    [Fact]
    public async Task Commit_WhenACallerStartsIt_RunsOutsideTheCallersContext()
    {
        Start();
        _store.OpenForGood();
        var turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

        await Task.Factory.StartNew(
            () =>
            {
                Caller.Value = "ann";
                return Append("a");
            },
            Ct, TaskCreationOptions.None, turns).Unwrap();

        Assert.Equal((TaskScheduler.Default, null), Assert.Single(_store.RanIn));
    }

    [Fact]
    public async Task LogInstruments_WhenAnAppendEnds_CountsItsResult()
    {
        using var meters = new RecordingMeters();
        var instruments = new MessageLogInstruments(meters);

        instruments.Committed(3, TimeSpan.FromMilliseconds(5));
        instruments.Answered(new AppendResult(false, [default, default, new AppendedEntry(1, 1, 1, 1, Duplicate: true)]));
        instruments.Answered(AppendResult.FencedOff);
        instruments.Failed(new MessageLogUnavailableException("gone"));

        Assert.Equal(3, meters["orleanschat.message_log.commit.entries"]);
        Assert.Equal(2, meters["orleanschat.message_log.append.entries"]);
        Assert.Equal(1, meters["orleanschat.message_log.append.duplicates"]);
        Assert.Equal(1, meters["orleanschat.message_log.append.fenced"]);
        Assert.Equal(1, meters["orleanschat.message_log.append.failures"]);
    }

    private void Start(Action<MessageLogOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new MessageLogOptions { AppendTimeout = Timeout };
        configure?.Invoke(options);
        var instruments = new MessageLogInstruments(new Meters());
        _commits = new GroupCommit(_store.CommitAsync, options, instruments, time ?? TimeProvider.System, NullLogger.Instance);
    }

    private Task<AppendResult> Append(string room, int rows = 1) => _commits!.AppendAsync(
        new RoomAppend(room, 1, [.. rows.To().Select(i => Msg("ann", $"{i}"))]), Ct);

    private sealed class GatedStore : IDisposable
    {
        private readonly Channel<IReadOnlyList<RoomAppend>> _arrived = Channel.CreateUnbounded<IReadOnlyList<RoomAppend>>();
        private readonly SemaphoreSlim _gate = new(0);

        public ConcurrentQueue<string> Committed { get; } = [];

        public ConcurrentQueue<(TaskScheduler Scheduler, string? Caller)> RanIn { get; } = [];

        public string? Refused { get; set; }

        public Exception? Failure { get; set; }

        public async Task<AppendResult[]> CommitAsync(IReadOnlyList<RoomAppend> appends, CancellationToken cancellationToken)
        {
            RanIn.Enqueue((TaskScheduler.Current, Caller.Value));
            await _arrived.Writer.WriteAsync(appends, CancellationToken.None);
            await _gate.WaitAsync(CancellationToken.None);
            if (Failure is { } failure)
            {
                throw failure;
            }

            if (appends.Any(append => append.Room == Refused))
            {
                throw new MessageLogEntryException("refused");
            }

            foreach (var append in appends)
            {
                Committed.Enqueue(append.Room);
            }

            return [.. appends.Select(append => new AppendResult(false, [.. append.Entries.Select((_, i) => new AppendedEntry(i + 1, 1, 1, 1, false))]))];
        }

        public Task<IReadOnlyList<RoomAppend>> NextAsync() => _arrived.Reader.ReadAsync(Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Ct);

        public void Release() => _gate.Release();

        public void Dispose() => _gate.Dispose();

        public void OpenForGood() => _gate.Release(1000);
    }
}
