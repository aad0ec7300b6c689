using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// The message log of a simulated world. Each node has its own access to the store. An operation can fail before or
/// after it is executed, or can be executed after its caller has stopped waiting.
/// </summary>
/// <param name="store">The log that the nodes use. It may be a mutant, which breaks a promise on purpose.</param>
/// <param name="truth">The log that the checks read.</param>
internal sealed class Database(Simulated world, IMessageLog store, IMessageLog truth)
{
    /// <summary>The time until which every new operation fails.</summary>
    public long AwayUntil { get; set; }

    public IMessageLog For(Node node) => new Way(world, this, node);

    public IReadOnlyList<RoomEvent> Events(string room) => Now(truth.ReadAsync(room, 0, int.MaxValue, CancellationToken.None));

    public RoomHead Head(string room) => Now(truth.HeadsAsync([room], CancellationToken.None)) is [var head] ? head : default;

    /// <summary>Returns one event; null if it does not exist.</summary>
    public RoomEvent? Event(string room, long seq) => Now(truth.ReadAsync(room, seq - 1, 1, CancellationToken.None)) is [var found] ? found : null;

    private IMessageLog Reached => store;

    private static T Now<T>(Task<T> done) => done.IsCompleted ? done.GetAwaiter().GetResult() : throw new InvalidOperationException("The store must complete each operation synchronously.");

    private sealed class Way(Simulated world, Database database, Node node) : IMessageLog
    {
        private readonly Dictionary<string, (bool InFlight, long Failed)> _appends = [];

        private IMessageLog Store => database.Reached;

        public Task<RoomClaim?> ClaimAsync(string room, CancellationToken cancellationToken) =>
            DoAsync($"claim {room}", () => Store.ClaimAsync(room, CancellationToken.None), cancellationToken);

        public async Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken)
        {
            var created = await DoAsync($"create {creation.Room}", () => Store.CreateAsync(creation, CancellationToken.None), cancellationToken);
            world.Tell?.Invoke($"{node.Name} created {creation.Room} under claim {created.Claim.Number}: {string.Join(' ', creation.Entries.Zip(created.Entries, (entry, done) => $"{entry.ClientId}={done.Seq}{(done.Duplicate ? "d" : "")}"))}");
            return created;
        }

        public async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
        {
            var (inFlight, failed) = _appends.GetValueOrDefault(append.Room);
            world.Expect(!inFlight, $"{node.Name} has two appends to {append.Room} in flight");
            world.Expect(failed == 0 || append.Claim != failed, $"{node.Name} appends to {append.Room} under claim {append.Claim} again, but the last append under this claim failed");
            _appends[append.Room] = (true, 0);
            try
            {
                var result = await DoAsync("append", () => Store.AppendAsync(append, CancellationToken.None), cancellationToken);
                world.Tell?.Invoke($"{node.Name} appended to {append.Room} under claim {append.Claim}: {(result.Fenced ? "fenced" : string.Join(' ', append.Entries.Zip(result.Entries, (entry, done) => $"{entry.ClientId ?? entry.Kind.ToString()}={done.Seq}{(done.Duplicate ? "d" : "")}")))}");
                _appends[append.Room] = default;
                return result;
            }
            catch
            {
                world.Tell?.Invoke($"{node.Name} failed to append to {append.Room} under claim {append.Claim}");
                _appends[append.Room] = (false, append.Claim);
                throw;
            }
        }

        public Task<AppendedEntry?> FindAsync(string room, string user, string clientId, CancellationToken cancellationToken) =>
            DoAsync("find", () => Store.FindAsync(room, user, clientId, CancellationToken.None), cancellationToken);

        public Task<bool> BlockAsync(string user, string blocked, CancellationToken cancellationToken) =>
            DoAsync("block", () => Store.BlockAsync(user, blocked, CancellationToken.None), cancellationToken);

        public Task UnblockAsync(string user, string blocked, CancellationToken cancellationToken) =>
            DoAsync("unblock", async () =>
            {
                await Store.UnblockAsync(user, blocked, CancellationToken.None);
                return true;
            }, cancellationToken);

        public Task<IReadOnlyList<string>> BlocksAsync(string user, CancellationToken cancellationToken) =>
            DoAsync("blocks", () => Store.BlocksAsync(user, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<string>> BlockersAsync(string user, IReadOnlyCollection<string> users, CancellationToken cancellationToken) =>
            DoAsync("blockers", () => Store.BlockersAsync(user, users, CancellationToken.None), cancellationToken);

        public Task<DirectFacts> DirectAsync(string room, string user, string other, CancellationToken cancellationToken) =>
            DoAsync("direct", () => Store.DirectAsync(room, user, other, CancellationToken.None), cancellationToken);

        public Task<ReportTarget?> ReportTargetAsync(string room, long message, string user, CancellationToken cancellationToken) =>
            DoAsync("target", () => Store.ReportTargetAsync(room, message, user, CancellationToken.None), cancellationToken);

        public Task<ReportStored> ReportAsync(string room, NewReport report, CancellationToken cancellationToken) =>
            DoAsync("report", () => Store.ReportAsync(room, report, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<MessageReport>> ReportsAsync(string room, int limit, CancellationToken cancellationToken) =>
            DoAsync("reports", () => Store.ReportsAsync(room, limit, CancellationToken.None), cancellationToken);

        public Task DismissAsync(string room, long message, CancellationToken cancellationToken) =>
            DoAsync("dismiss", async () =>
            {
                await Store.DismissAsync(room, message, CancellationToken.None);
                return true;
            }, cancellationToken);

        public Task<RoomSettings?> SettingsAsync(string room, CancellationToken cancellationToken) =>
            DoAsync("room settings", () => Store.SettingsAsync(room, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<RoomEvent>> ReadAsync(string room, MessageLogRange range, CancellationToken cancellationToken) =>
            DoAsync("read", () => Store.ReadAsync(room, range, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyDictionary<long, int>> RepliesAsync(string room, IReadOnlyCollection<long> messages, CancellationToken cancellationToken) =>
            DoAsync("replies", () => Store.RepliesAsync(room, messages, CancellationToken.None), cancellationToken);

        public Task<SelectedPage> SelectAsync(string room, SelectedRange range, CancellationToken cancellationToken) =>
            DoAsync("select", () => Store.SelectAsync(room, range, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<long>> PinsAsync(string room, CancellationToken cancellationToken) =>
            DoAsync("pins", () => Store.PinsAsync(room, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<string>?> ReadersAsync(string room, long message, int limit, CancellationToken cancellationToken) =>
            DoAsync("readers", () => Store.ReadersAsync(room, message, limit, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<RoomHead>> HeadsAsync(IReadOnlyCollection<string> rooms, CancellationToken cancellationToken) =>
            DoAsync("heads", () => Store.HeadsAsync(rooms, CancellationToken.None), cancellationToken);

        public Task<RoomFacts?> FactsAsync(string room, string user, CancellationToken cancellationToken) =>
            DoAsync("facts", () => Store.FactsAsync(room, user, CancellationToken.None), cancellationToken);

        public Task<CountedFacts?> CountedFactsAsync(string room, string user, CancellationToken cancellationToken) =>
            DoAsync("counted facts", () => Store.CountedFactsAsync(room, user, CancellationToken.None), cancellationToken);

        public Task<ConversationRows> ConversationsAsync(string user, ConversationsBefore? before, int limit, CancellationToken cancellationToken) =>
            DoAsync("conversations", () => Store.ConversationsAsync(user, before, limit, CancellationToken.None), cancellationToken);

        public Task<ConversationChanges?> ConversationChangesAsync(string user, string cursor, int limit, CancellationToken cancellationToken) =>
            DoAsync("changes", () => Store.ConversationChangesAsync(user, cursor, limit, CancellationToken.None), cancellationToken);

        public Task<ConversationStored> SetConversationAsync(
            string user, string room, ConversationChange change, CancellationToken cancellationToken) =>
            DoAsync("settings", () => Store.SetConversationAsync(user, room, change, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<Member>> MembersAsync(string room, CancellationToken cancellationToken) =>
            DoAsync("members", () => Store.MembersAsync(room, CancellationToken.None), cancellationToken);

        public Task<long> CountGroupsAsync(string user, bool withInvitations, int most, CancellationToken cancellationToken) =>
            DoAsync("count", () => Store.CountGroupsAsync(user, withInvitations, most, CancellationToken.None), cancellationToken);

        public Task<IReadOnlyList<RoomLink>> LinksAsync(string room, CancellationToken cancellationToken) =>
            DoAsync("links", () => Store.LinksAsync(room, CancellationToken.None), cancellationToken);

        public Task<bool> HasLinkAsync(string room, string user, IReadOnlyCollection<string> hashes, long now, CancellationToken cancellationToken) =>
            DoAsync("link", () => Store.HasLinkAsync(room, user, hashes, now, CancellationToken.None), cancellationToken);

        public Task<int> VersionAsync(CancellationToken cancellationToken) => Store.VersionAsync(cancellationToken);

        public Task RaiseVersionAsync(int version, CancellationToken cancellationToken) => Store.RaiseVersionAsync(version, cancellationToken);

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
                    catch (Exception exception)
                    {
                        answer.TrySetException(exception);
                    }
                });
            }

            return await answer.Task;

            void Fail()
            {
                world.Tell?.Invoke($"{node.Name}: the log operation '{what}' fails");
                answer.TrySetException(new MessageLogUnavailableException("The log is unavailable."));
            }
        }
    }
}
