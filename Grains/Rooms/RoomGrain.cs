using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// One room. This file takes the calls of the gateways, and these files have the other parts:
/// <list type="bullet">
/// <item>RoomGrain.Commands.cs decides each command. RoomGrain.Attach.cs has the last steps of an enter command.</item>
/// <item>RoomGrain.Commit.cs appends entries and publishes events.</item>
/// <item>RoomGrain.Claim.cs claims the room, and RoomGrain.Creation.cs creates it.</item>
/// <item>RoomGrain.Rights.cs applies the rights of the users.</item>
/// <item>RoomGrain.Authorization.cs asks the authorizer of the silo.</item>
/// <item>RoomGrain.Budgets.cs charges invitations and joins to the budgets of users.</item>
/// <item>RoomGrain.SlowMode.cs applies slow mode, and RoomGrain.Pins.cs limits the pinned messages.</item>
/// <item>RoomGrain.Presence.cs tracks the attached users.</item>
/// <item>RoomGrain.Privacy.cs hides the users of a direct room from each other.</item>
/// <item>RoomGrain.Blocks.cs applies the blocks between users.</item>
/// </list>
/// </summary>
/// <remarks>
/// A call of a gateway takes these steps. The grain is reentrant: while an append is in flight, the room decides the
/// next commands, and their entries wait for the next append.
/// <list type="number">
/// <item>Decide (<see cref="DecideAsync"/>): if the silo has an <see cref="IRoomAuthorizer"/>, first ask it about all
/// commands of the call (<see cref="AuthorizeAsync(RoomCommand[])"/>). Then decide the commands one after another. A
/// post that is accepted becomes a <see cref="WaitingEntry"/> in the <see cref="AppendQueue"/>. All other commands get
/// their answer in this step. An enter or exit that changes the membership first waits until the log has stored the
/// change.</item>
/// <item>Seal (<see cref="AppendQueue"/>): when no append is in flight, take the waiting entries, up to a maximum, as
/// one <see cref="RoomBatch"/>.</item>
/// <item>Own (<see cref="OwnAsync"/>): claim the room, unless this activation owns it (<see cref="RoomOwnership"/>). A
/// direct room that does not exist is created with the batch.</item>
/// <item>Append (<see cref="AppendAsync"/>): decide again whether each entry is allowed
/// (<see cref="KeepAllowedAsync"/>), if the rights, the blocks or the pins may have changed while the entry waited.
/// Then make one append under the claim number. If another activation has claimed the room, the append commits nothing,
/// and this activation steps down: it refuses all entries and deactivates. If the outcome is unknown, all waiting
/// entries are refused, and the room is claimed again before the next append. If this activation itself has claimed the
/// room in the meantime (<see cref="BlocksChangedAsync"/>), this step is repeated under the new claim.</item>
/// <item>Apply (<see cref="Committed"/>): update the head, the recent messages and the members from the committed
/// events. Queue the events for each attached gateway, and notify the members.</item>
/// <item>Answer (<see cref="Appended"/>): complete each entry of the batch.</item>
/// <item>Reply (<see cref="HandleAsync"/>): when every entry of the call is answered, return the replies to the
/// gateway.</item>
/// </list>
/// </remarks>
[Reentrant]
[GrainType("room")]
internal sealed partial class RoomGrain : Grain, IRoomGrain, IDisposable
{
    private readonly string _room;
    private readonly string[]? _people;
    private readonly IMessageLog _log;
    private readonly LogVersionGate _gate;
    private readonly RoomOptions _options;
    private readonly GatewayFailureDetector _watch;
    private readonly GrainInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger<RoomGrain> _logger;
    private readonly CancellationTokenSource _stopping = new();

    private readonly RoomOwnership _ownership = new();
    private readonly AppendQueue _queue;
    private readonly RecentMessages _recent;
    private readonly Publisher _publisher;
    private readonly LatestCallTracker _calls = new();
    private readonly MemberNotifier _notifier;
    private readonly Membership _membership;
    private readonly ReadMarks _marks;
    private readonly AttachedUsers _attached = new();
    private readonly PresenceUpdates _presence;
    private readonly HashSet<string> _syncedGateways = [];
    private readonly Dictionary<string, long> _typed = [];

    public RoomGrain(
        IMessageLog log,
        LogVersionGate gate,
        IOptions<RoomOptions> options,
        GatewayFailureDetector watch,
        GrainInstruments instruments,
        TimeProvider time,
        ILogger<RoomGrain> logger,
        IGrainContext context,
        IGrainRuntime runtime,
        RoomAuthorization? authorization = null)
        : base(context, runtime)
    {
        _room = this.GetPrimaryKeyString();
        _people = DirectRoom.People(_room);
        _silent = _people is [_, _] ? _people : [];
        (_log, _gate, _options, _watch, _instruments, _time, _logger) = (log, gate, options.Value, watch, instruments, time, logger);
        _authorization = authorization is { IsOn: true } ? authorization : null;
        _queue = new(_options.RowsPerBatch, _options.WaitingEntries, CommitAsync);
        _recent = new(_options.RecentMessages);
        _publisher = new(_options, StreamTo, instruments, time, logger);
        _notifier = new(_options, time, NotifyAsync, instruments, logger, _stopping.Token);
        _membership = new(_options, _queue, time);
        _slowMode = new((range, cancellationToken) => _log.ReadAsync(_room, range, cancellationToken));
        _membership.Reset([.. (_people ?? []).Select(user => new Member(user, RoomRole.Member))], []);
        _marks = new(_room, log, time, _attached, Stay, logger, _stopping.Token);
        _presence = new(_options, time, () => VisibleCount, PublishPresence, _stopping.Token);
    }

    private bool IsDirect => RoomKey.IsDirect(_room);

    public async Task<RoomReplies> HandleAsync(RoomCommands commands)
    {
        var answers = new (RoomReply? Now, WaitingEntry? Later)[commands.Commands.Length];
        _calls.Observe(commands.Gateway, commands.Number);
        var authorized = _authorization is null ? null : await AuthorizeAsync(commands.Commands);
        var call = new Call(commands.Gateway, commands.Claim, commands.Number, _queue.Refusals);
        Dictionary<string, Refused>? refused = null;
        for (var i = 0; i < answers.Length; i++)
        {
            // Step 1: decide. The commands are decided one after another, so that each command sees the effect of the
            // command before it. A post does not wait here for its commit.
            var command = commands.Commands[i];
            answers[i] = command is Post && refused?.GetValueOrDefault(command.User) is { } earlier
                ? (earlier, null)
                : authorized?.Refuse(i, _ownership.Claim?.Kind) is { } undecided ? (undecided, null)
                : await DecideSafelyAsync(call, command, authorized?.AccessOf(i) ?? new(command.Claimed));
            if (command is Post && answers[i].Now is Refused now && WillBeRetried(call, now)
                && (now.Reason != Refusal.RateLimited || _ownership.Claim?.Kind != RoomKind.Group))
            {
                // The post will be retried. Later posts of the same user in this call would overtake it, so they are
                // refused too. Exception: in a group, a post that exceeds a budget or slow mode may be retried only
                // much later. So the user's later posts are not refused with it.
                (refused ??= [])[command.User] = now;
            }
        }

        // Step 7: reply. Steps 2 to 6 run in the append queue's loop and complete the entries.
        var replies = new RoomReply[answers.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            replies[i] = answers[i].Now ?? await answers[i].Later!.Reply;
        }

        LeaveIfEmpty();
        return new RoomReplies(_ownership.Number, replies);
    }

    /// <summary>Refuses the entries that wait, publishes that the room is moving, and stores the read marks.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // From now on every command is refused. A batch that has left the queue is still appended, if this activation
        // owns the room.
        _ownership.OnDeactivating();
        _queue.Refuse(Refusals.Moving);
        try
        {
            await _queue.Sealing.WaitAsync(cancellationToken);
            _publisher.Publish(new RoomMoved(_room));
            await _marks.FlushAsync(cancellationToken);
            await Task.WhenAll(_publisher.DrainAsync(), _notifier.Sending)
                .WaitAsync(RoomOptions.DrainTimeout, _time, cancellationToken);
        }
        catch (Exception exception) when (
            exception is MessageLogUnavailableException or OperationCanceledException or TimeoutException)
        {
            LogDeactivatedEarly(exception);
        }

        foreach (var gateway in _attached.Gateways)
        {
            _watch.Unwatch(gateway, this.GetGrainId());
        }

        _instruments.Attached.Add(-_attached.Count);
        _stopping.Cancel();
        await Task.WhenAll(_presence.Publishing, _marks.Flushing).WaitAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>
    /// Whether a refused post will be retried, either by its sender, or by a gateway that first has to report its
    /// attached users to this activation.
    /// </summary>
    private bool WillBeRetried(Call call, Refused refused)
        => refused.RetryMs is not null
            || (refused.Reason == Refusal.NotMember && call.Claim != 0 && call.Claim != _ownership.Number);

    private async ValueTask<(RoomReply? Now, WaitingEntry? Later)> DecideSafelyAsync(Call call, RoomCommand command, Access access)
    {
        try
        {
            return await DecideAsync(call, command, access);
        }
        catch (MessageLogUnavailableException)
        {
            return (Refusals.MessageLogUnavailable, null);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return (Refusals.Moving, null);
        }
        catch (MessageLogEntryException)
        {
            return (Refusals.NotStorable, null);
        }
        catch (Exception exception)
        {
            // A bug in one command must not fail the other commands of the call.
            LogCommandFailed(exception, command.GetType().Name);
            return (Refusals.MessageLogUnavailable, null);
        }
    }

    private async ValueTask<(RoomReply? Now, WaitingEntry? Later)> DecideAsync(Call call, RoomCommand command, Access access)
    {
        var refusal = _ownership.RefusesCommands || IsOvertaken(call) ? Refusals.Moving
            : _watch.IsDead(call.Gateway) ? Refusals.GatewayExpired
            : RoomRights.RefuseKey(_people, command.User);
        return refusal is not null
            ? (refusal, null)
            : command switch
            {
                Post post => await PostAsync(call, post, access),
                Enter enter => (await EnterAsync(call, enter, access), null),
                Exit exit => (await ExitAsync(call, exit), null),
                MarkRead mark => (await MarkAsync(mark, access), null),
                _ => throw new InvalidOperationException($"A room cannot handle {command.GetType().Name}."),
            };
    }

    private Func<GatewayStreamItem, Task> StreamTo(string gateway)
    {
        var stream = this.GetStreamProvider(GatewayStreamNames.Provider)
            .GetStream<GatewayStreamItem>(StreamId.Create(GatewayStreamNames.Namespace, gateway));
        return item => stream.OnNextAsync(item);
    }

    private Task NotifyAsync(string member, long from, long to) => GrainFactory.GetGrain<IUserGrain>(member).NotifyAsync(_room, from, to);

    /// <summary>The call that a command belongs to.</summary>
    /// <param name="Claim">See <see cref="RoomCommands"/>.</param>
    /// <param name="Number">See <see cref="RoomCommands"/>.</param>
    /// <param name="Refusals"><see cref="AppendQueue.Refusals"/> when the call began.</param>
    private readonly record struct Call(string Gateway, long Claim, long Number, long Refusals);

    /// <summary>
    /// Whether the gateway has given up this call and made a newer call. The gateway no longer waits for the answer of
    /// this call.
    /// </summary>
    private bool IsOvertaken(Call call) => _calls.IsStale(call.Gateway, call.Number);

    [LoggerMessage(100, LogLevel.Error, "Room command {Command} failed")]
    private partial void LogCommandFailed(Exception exception, string command);

    [LoggerMessage(101, LogLevel.Warning, "The room was deactivated before everything was stored or published")]
    private partial void LogDeactivatedEarly(Exception exception);
}
