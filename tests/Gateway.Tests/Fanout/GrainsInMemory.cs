using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// A grain factory that returns fake grains. It implements only <c>GetGrain</c> with an interface and a key.
/// </summary>
[SuppressMessage("Performance", "CA1852", Justification = "DispatchProxy derives a class from this one.")]
internal class GrainsInMemory : DispatchProxy
{
    private readonly List<(object Key, object Grain)> _grains = [];

    /// <summary>Creates a factory that returns these grains. The key of a grain is a string or an integer.</summary>
    public static IGrainFactory Create(params (object Key, object Grain)[] grains)
    {
        var factory = Create<IGrainFactory, GrainsInMemory>();
        ((GrainsInMemory)(object)factory)._grains.AddRange(grains);
        return factory;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod is { Name: "GetGrain", IsGenericMethod: true } && args?[0] is { } key
            && _grains.Find(one => one.Key.Equals(key) && targetMethod.GetGenericArguments()[0].IsInstanceOfType(one.Grain)).Grain is { } grain
            ? grain
            : throw new NotSupportedException($"There is no grain for {targetMethod?.Name} {args?.FirstOrDefault()}.");
}

/// <summary>A fake room. The test sets its answers.</summary>
internal sealed class RoomThatSays : IRoomGrain
{
    private readonly Lock _gate = new();
    private readonly List<string> _calls = [];
    private int _now;

    /// <summary>Answers the <c>HandleAsync</c> calls. By default every command succeeds, and the claim is 1.</summary>
    public Func<RoomCommands, Task<RoomReplies>> Handles { get; set; } = commands => Task.FromResult(Done(commands, 1));

    /// <summary>Answers the <c>SyncAttachmentsAsync</c> calls, which the tests call <c>attend</c>.</summary>
    public Func<string[], Task<RoomHead>> Attends { get; set; } = _ => Task.FromResult(new RoomHead("lobby", 0, 1));

    /// <summary>
    /// The presence notices that the room has published. An attend call returns the notices that the gateway has not
    /// received.
    /// </summary>
    public List<RoomPresence> Notices { get; } = [];

    /// <summary>The highest number of concurrent calls so far.</summary>
    public int MaxAtOnce { get; private set; }

    /// <summary>
    /// The calls in order, as text. A <c>handle</c> call lists its commands: a post by its client id, an enter as
    /// <c>+ann</c>, an exit as <c>-ann</c>. The other calls list users, for example <c>attend ann bob</c>.
    /// </summary>
    public string[] Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    /// <summary>
    /// Returns the answers of a room in which every command succeeds. Each post gets the sequence 1.
    /// </summary>
    public static RoomReplies Done(RoomCommands commands, long claim) => new(claim, [.. commands.Commands.Select(Done)]);

    /// <summary>Returns the answer to one command that succeeds.</summary>
    public static RoomReply Done(RoomCommand command) => command switch
    {
        Enter => new Entered(RoomKind.Channel, "e1", 0, 0, 0, 0, 1),
        Post => new Posted(1, 1000, false),
        _ => new Done(),
    };

    public async Task<RoomReplies> HandleAsync(RoomCommands commands)
    {
        // The fake reads Handles before it records the call. So when a test sees the call, the test can already set the
        // answer to the next call.
        var handles = Handles;
        Begin("handle " + string.Join(' ', commands.Commands.Select(command => command switch
        {
            Post post => post.ClientId,
            Enter enter => $"+{enter.User}",
            Exit exit => $"-{exit.User}",
            _ => command.GetType().Name,
        })));
        try
        {
            return await handles(commands);
        }
        finally
        {
            End();
        }
    }

    public async Task<AttachmentsSynced> SyncAttachmentsAsync(string gateway, string[] users, PresenceVersion heard, long number, RoomAction[]? claimed)
    {
        var attends = Attends;
        Begin("attend " + string.Join(' ', users.Select((user, i) => claimed is null ? user : $"{user}:{claimed[i]}").Order()));
        try
        {
            var head = await attends(users);
            return new AttachmentsSynced(head, [.. Notices.Where(notice => notice.Version.Activation != heard.Activation || notice.Version.Number > heard.Number)]);
        }
        finally
        {
            End();
        }
    }

    public Task<PresenceSnapshot> WhoAsync(string user, int most, RoomAction claimed)
    {
        Begin($"who {user}");
        End();
        return Task.FromResult(new PresenceSnapshot(0, [], null));
    }

    public Task TypingAsync(string user, RoomAction claimed)
    {
        Begin($"typing {user}");
        End();
        return Task.CompletedTask;
    }

    public Task BlocksChangedAsync() => Task.CompletedTask;

    public Task GatewayGoneAsync(string gateway) => Task.CompletedTask;

    private void Begin(string call)
    {
        lock (_gate)
        {
            _calls.Add(call.TrimEnd());
            MaxAtOnce = Math.Max(MaxAtOnce, ++_now);
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _now--;
        }
    }
}

/// <summary>A fake history grain. The test sets the heads and events that the grain knows.</summary>
internal sealed class HistoryThatSays : IHistoryGrain
{
    /// <summary>The rooms that exist.</summary>
    public List<RoomHead> Heads { get; } = [];

    /// <summary>The events of the log. Every room has these same events.</summary>
    public List<RoomEvent> Events { get; } = [];

    /// <summary>The rooms of all <c>WhoAsync</c> calls so far.</summary>
    public List<string> Whos { get; } = [];

    /// <summary>Answers the <c>PageAsync</c> calls.</summary>
    public Func<PageAsk, CancellationToken, Task<HistoryPage>> Pages { get; set; } = (_, _) => Task.FromResult(new HistoryPage([], 0, Refusal.NotFound));

    public Task<HistoryPage> PageAsync(PageAsk ask, CancellationToken cancellationToken) => Pages(ask, cancellationToken);

    /// <summary>
    /// The users and the hashes of links for which <c>MayEnterAsync</c> returns true, for every room.
    /// </summary>
    public HashSet<string> MayEnter { get; } = [];

    /// <summary>
    /// Every <c>MayEnterAsync</c> call runs this function before its answer. If the function fails, the call fails.
    /// </summary>
    public Func<Task> BeforeEntry { get; set; } = () => Task.CompletedTask;

    /// <summary>
    /// The <c>MayEnterAsync</c> calls so far, each as room, user and hashes of links, for example <c>~x ann</c>.
    /// </summary>
    public ConcurrentQueue<string> Entries { get; } = [];

    public async Task<bool> MayEnterAsync(string room, string user, string[] links, RoomAction claimed)
    {
        Entries.Enqueue(string.Join(' ', [room, user, .. links, .. claimed == RoomAction.None ? (string[])[] : [$"{claimed}"]]));
        await BeforeEntry();
        return MayEnter.Contains(user) || MayEnter.Overlaps(links);
    }

    /// <summary>Answers the <c>MembersAsync</c> calls.</summary>
    public Func<MembersAsk, Task<MemberPage>> Members { get; set; } = _ => Task.FromResult(new MemberPage([], false, Refusal.NotFound));

    public Task<MemberPage> MembersAsync(MembersAsk ask) => Members(ask);

    public Task<ReaderPage> ReadersAsync(ReadersAsk ask) => Task.FromResult(new ReaderPage([], false, new(Refusal.NotFound, "")));

    public Task<ConversationReply> BlockAsync(BlockSet set) => Task.FromResult(new ConversationReply());

    public Task<string[]> BlocksAsync(string user) => Task.FromResult<string[]>([]);

    public Task<RoomReply> ReportAsync(ReportAsk ask) => Task.FromResult<RoomReply>(new Refused(Refusal.NotFound, ""));

    public Task<ReportPage> ReportsAsync(ReportsAsk ask) => Task.FromResult(new ReportPage([], false, new(Refusal.NotFound, "")));

    public Task<RoomReply> DismissAsync(DismissAsk ask) => Task.FromResult<RoomReply>(new Refused(Refusal.NotFound, ""));

    public Task<ConversationReply> SetConversationAsync(ConversationSet set) => Task.FromResult(new ConversationReply());

    public Task<ConversationPage> ConversationsAsync(ConversationAsk ask) => Task.FromResult(new ConversationPage([], false));

    public Task<HistoryPage> PageAsync(string room, string user, long after, int limit) => Task.FromResult(new HistoryPage([], 0, Refusal.NotFound));

    public Task<PresenceSnapshot> WhoAsync(string room, string user, int most, RoomAction claimed)
    {
        Whos.Add(room);
        return Task.FromResult(new PresenceSnapshot(0, null, Refusal.NotFound));
    }

    public Task<RoomEvent[]> ReadAsync(string room, long after, int limit) =>
        Task.FromResult(Events.Where(happened => happened.Seq > after).Take(limit).ToArray());

    /// <summary>Whether calls for heads fail.</summary>
    public bool HeadsFail { get; set; }

    /// <summary>The number of calls for heads so far.</summary>
    public int Asked { get; private set; }

    public Task<RoomHeads> HeadsAsync(string[] rooms)
    {
        Asked++;
        return HeadsFail
            ? Task.FromException<RoomHeads>(new IOException("No heads."))
            : Task.FromResult(new RoomHeads([.. Heads.Where(head => rooms.Contains(head.Room))], 1));
    }
}
