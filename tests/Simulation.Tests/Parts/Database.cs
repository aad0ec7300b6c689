using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// The log of a world: the store itself, and the way to it from each node, on which an operation can fail, before or after it was done, or
/// be done when nobody waits for it any more.
/// </summary>
/// <param name="store">What the nodes reach, which a mutant may be.</param>
/// <param name="truth">What is compared with.</param>
internal sealed class Database(Simulated world, IMessageLog store, IMessageLog truth)
{
    /// <summary>Until when nothing reaches it.</summary>
    public long AwayUntil { get; set; }

    /// <summary>The log as a node has it.</summary>
    public IMessageLog For(Node node) => new Way(world, this, node);

    /// <summary>A room's events, now.</summary>
    public IReadOnlyList<RoomEvent> Events(string room) => Now(truth.ReadAsync(room, 0, int.MaxValue, CancellationToken.None));

    /// <summary>A room's head, now.</summary>
    public RoomHead Head(string room) => Now(truth.HeadsAsync([room], CancellationToken.None)) is [var head] ? head : default;

    /// <summary>An event, now; null where there is none.</summary>
    public RoomEvent? Event(string room, long seq) => Now(truth.ReadAsync(room, seq - 1, 1, CancellationToken.None)) is [var found] ? found : null;

    private IMessageLog Reached => store;

    private static T Now<T>(Task<T> done) => done.IsCompleted ? done.GetAwaiter().GetResult() : throw new InvalidOperationException("The store must not wait.");

    private sealed class Way(Simulated world, Database database, Node node) : IMessageLog
    {
        private readonly Dictionary<string, (bool InFlight, long Failed)> _appends = [];

        private IMessageLog Store => database.Reached;

        public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
            DoAsync($"claim {room}", () => Store.ClaimAsync(room, CancellationToken.None), cancellationToken);

        public Task<RoomClaim> CreateAsync(string room, RoomKind kind, CancellationToken cancellationToken) =>
            DoAsync($"create {room}", () => Store.CreateAsync(room, kind, CancellationToken.None), cancellationToken);

        public async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
        {
            var (inFlight, failed) = _appends.GetValueOrDefault(append.Room);
            world.Expect(!inFlight, $"{node.Name} has two appends of {append.Room} in flight");
            world.Expect(failed == 0 || append.Claim != failed, $"{node.Name} appends to {append.Room} under claim {append.Claim} again, whose last append failed");
            _appends[append.Room] = (true, 0);
            try
            {
                var result = await DoAsync("append", () => Store.AppendAsync(append, CancellationToken.None), cancellationToken);
                world.Tell?.Invoke($"{node.Name} appended {append.Room} under {append.Claim}: {(result.Fenced ? "fenced" : string.Join(' ', append.Entries.Zip(result.Entries, (entry, done) => $"{entry.ClientId ?? entry.Kind.ToString()}={done.Seq}{(done.Duplicate ? "d" : "")}")))}");
                _appends[append.Room] = default;
                return result;
            }
            catch
            {
                world.Tell?.Invoke($"{node.Name} failed to append {append.Room} under {append.Claim}");
                _appends[append.Room] = (false, append.Claim);
                throw;
            }
        }

        public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
            DoAsync("find", () => Store.FindAsync(room, user, clientId, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, long after, int limit, CancellationToken cancellationToken) =>
            DoAsync("read", () => Store.ReadAsync(room, after, limit, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
            DoAsync("heads", () => Store.HeadsAsync(rooms, CancellationToken.None), cancellationToken);

        public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
            DoAsync("facts", () => Store.FactsAsync(room, user, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<string>> MembersAsync(string room, CancellationToken cancellationToken) =>
            DoAsync("members", () => Store.MembersAsync(room, CancellationToken.None), cancellationToken);

        public Task MarkAsync(IReadOnlyCollection<ReadMark> marks, CancellationToken cancellationToken) =>
            DoAsync("mark", async () =>
            {
                await Store.MarkAsync(marks, CancellationToken.None);
                return true;
            }, cancellationToken);

        private async Task<T> DoAsync<T>(string what, Func<Task<T>> does, CancellationToken cancellationToken)
        {
            var answer = new TaskCompletionSource<T>();
            await using var cancelled = cancellationToken.UnsafeRegister(_ => answer.TrySetCanceled(cancellationToken), null);
            var scheduler = world.Scheduler;
            var faults = world.Network.Faults;
            if (scheduler.Now < database.AwayUntil || scheduler.Chance(faults.LogFails))
            {
                scheduler.After(scheduler.Between(1, 1000), Fail);
            }
            else if (scheduler.Chance(faults.LogUnknown))
            {
                scheduler.After(scheduler.Between(0, 5), () => does());
                scheduler.After(scheduler.Between(5, 1000), Fail);
            }
            else if (scheduler.Chance(faults.LogLate))
            {
                var failed = scheduler.Between(1, 1000);
                scheduler.After(failed, Fail);
                scheduler.After(failed + scheduler.Between(0, 2000), () => does());
            }
            else
            {
                var done = scheduler.Chance(faults.LogSlow) ? scheduler.Between(1, 900) : scheduler.Between(0, 3);
                scheduler.After(done, () =>
                {
                    try
                    {
                        var result = Now(does());
                        scheduler.After(scheduler.Between(0, 2), () => answer.TrySetResult(result));
                    }
                    catch (Exception refused)
                    {
                        answer.TrySetException(refused);
                    }
                });
            }

            return await answer.Task;

            void Fail()
            {
                world.Tell?.Invoke($"{node.Name}: the log fails to {what}");
                answer.TrySetException(new LogUnavailableException("The log is away."));
            }
        }
    }
}
