using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>A cluster of grains that a test wrote: only finding one by its key works.</summary>
[SuppressMessage("Performance", "CA1852", Justification = "The proxy is made by deriving from it.")]
internal class GrainsInMemory : DispatchProxy
{
    private readonly Dictionary<object, object> _grains = [];

    /// <summary>The factory over these grains, each under its string or integer key.</summary>
    public static IGrainFactory Of(params (object Key, object Grain)[] grains)
    {
        var factory = Create<IGrainFactory, GrainsInMemory>();
        foreach (var (key, grain) in grains)
        {
            ((GrainsInMemory)(object)factory)._grains.Add(key, grain);
        }

        return factory;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod is { Name: "GetGrain", IsGenericMethod: true } && args?[0] is { } key && _grains.TryGetValue(key, out var grain)
            ? grain
            : throw new NotSupportedException($"There is no grain for {targetMethod?.Name} {args?.FirstOrDefault()}.");
}

/// <summary>A room that answers as the test says.</summary>
internal sealed class RoomThatSays : IRoomGrain
{
    private readonly Lock _gate = new();
    private readonly List<string> _calls = [];
    private int _now;

    /// <summary>What the next call is answered with, by default everything done under claim 1.</summary>
    public Func<RoomCommands, Task<RoomReplies>> Handles { get; set; } = commands => Task.FromResult(Done(commands, 1));

    /// <summary>What attending is answered with.</summary>
    public Func<string[], Task<RoomHead>> Attends { get; set; } = _ => Task.FromResult(new RoomHead("lobby", 0, 1));

    /// <summary>The notices it has told.</summary>
    public List<RoomAttendance> Notices { get; } = [];

    /// <summary>The most calls at one time.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>The calls in order: <c>handle a b c</c> with client ids, <c>attend ann bob</c>.</summary>
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

    /// <summary>Does everything: enters enter at 0, posts are stored as 1.</summary>
    public static RoomReplies Done(RoomCommands commands, long claim) => new(claim, [.. commands.Commands.Select(Done)]);

    /// <summary>Does one thing.</summary>
    public static RoomReply Done(RoomCommand command) => command switch
    {
        Enter => new Entered(RoomKind.Channel, "e1", 0, 0, 0, 0, 1),
        Post => new Posted(1, 1000, false),
        _ => new Done(),
    };

    public async Task<RoomReplies> HandleAsync(RoomCommands commands)
    {
        // Before a test can see the call and change what the room says to the next.
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

    public async Task<Attended> AttendAsync(string gateway, string[] users, NoticeMark heard, long number)
    {
        var attends = Attends;
        Begin("attend " + string.Join(' ', users.Order()));
        try
        {
            var head = await attends(users);
            return new Attended(head, [.. Notices.Where(notice => notice.Mark.Activation != heard.Activation || notice.Mark.Number > heard.Number)]);
        }
        finally
        {
            End();
        }
    }

    public Task<Attendance> WhoAsync(string user, int most) => Task.FromResult(new Attendance(0, [], null));

    public Task TypingAsync(string user) => Task.CompletedTask;

    public Task GatewayGoneAsync(string gateway) => Task.CompletedTask;

    private void Begin(string call)
    {
        lock (_gate)
        {
            _calls.Add(call.TrimEnd());
            MostAtOnce = Math.Max(MostAtOnce, ++_now);
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
