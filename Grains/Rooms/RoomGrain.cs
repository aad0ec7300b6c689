using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Streams;
using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// One room. Here commands are decided; RoomGrain.Attendance.cs knows who is here, RoomGrain.Log.cs claims the room, commits and publishes. Reentrant: while an
/// append is in flight the next commands are decided, and wait in the queue.
/// </summary>
[Reentrant]
internal sealed partial class RoomGrain : Grain, IRoomGrain, IDisposable
{
    private readonly string _room;
    private readonly string[]? _people;
    private readonly IMessageLog _log;
    private readonly RoomOptions _options;
    private readonly GatewayWatch _watch;
    private readonly GrainInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger<RoomGrain> _logger;
    private readonly CancellationTokenSource _stopping = new();

    private readonly AppendQueue _queue;
    private readonly RecentMessages _recent;
    private readonly Publisher _publisher;
    private readonly CallOrder _calls = new();
    private readonly MemberBells _bells;
    private readonly Membership _membership;
    private readonly ReadMarks _marks;
    private readonly AttachedUsers _attached = new();
    private readonly AttendanceNotices _notices;
    private readonly HashSet<string> _attended = [];
    private readonly Dictionary<string, long> _typed = [];

    public RoomGrain(
        IMessageLog log,
        IOptions<RoomOptions> options,
        GatewayWatch watch,
        GrainInstruments instruments,
        TimeProvider time,
        ILogger<RoomGrain> logger,
        IGrainContext context,
        IGrainRuntime runtime)
        : base(context, runtime)
    {
        _room = this.GetPrimaryKeyString();
        _people = DirectRoom.People(_room);
        (_log, _options, _watch, _instruments, _time, _logger) = (log, options.Value, watch, instruments, time, logger);
        _queue = new(_options.RowsPerBatch, _options.WaitingEntries, CommitAsync);
        _recent = new(_options.RecentMessages);
        _publisher = new(_options, InboxOf, instruments, time, logger);
        _bells = new(_options, time, RingAsync, instruments, logger, _stopping.Token);
        _membership = new(_options.GroupMembers, AppendMembershipAsync);
        _marks = new(_room, log, _options, time, _attached.Contains, logger, _stopping.Token);
        _notices = new(_options, time, () => _attached.Count, TellAttendance, _stopping.Token);
    }

    private bool IsDirect => RoomKey.IsDirect(_room);

    public async Task<RoomReplies> HandleAsync(RoomCommands commands)
    {
        var answers = new (RoomReply? Now, WaitingEntry? Later)[commands.Commands.Length];
        var call = new Call(commands.Gateway, commands.Claim, commands.Number, _queue.Refusals);
        _calls.Came(call.Gateway, call.Number);
        Dictionary<string, Refused>? refused = null;
        for (var i = 0; i < answers.Length; i++)
        {
            // One after another, so that each finds what the one before it did; but none waits for the commit of an earlier post.
            var command = commands.Commands[i];
            answers[i] = command is Post && refused?.GetValueOrDefault(command.User) is { } earlier
                ? (earlier, null)
                : await DecideSafelyAsync(call, command);
            if (command is Post && answers[i].Now is Refused now && ComesAgain(call, now))
            {
                // Whatever of theirs follows would overtake it.
                (refused ??= [])[command.User] = now;
            }
        }

        var replies = new RoomReply[answers.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            replies[i] = answers[i].Now ?? await answers[i].Later!.Reply;
        }

        return new RoomReplies(ClaimNumber, replies);
    }

    /// <summary>Answers what waits, tells the gateways to attach to the next activation, and stores the marks.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _steppedDown = true;
        _queue.Refuse(Refusals.Moving(_options));
        try
        {
            await _queue.Sealing.WaitAsync(cancellationToken);
            _publisher.Publish(new RoomMoved(_room));
            await _marks.FlushAsync(cancellationToken);
            await Task.WhenAll(_publisher.DrainAsync(), _bells.Ringing)
                .WaitAsync(TimeSpan.FromMilliseconds(_options.DrainMs), _time, cancellationToken);
        }
        catch (Exception failure) when (failure is LogUnavailableException or OperationCanceledException or TimeoutException)
        {
            LogLeftInHaste(failure);
        }

        foreach (var gateway in _attached.Gateways)
        {
            _watch.Forget(gateway, this.GetGrainId());
        }

        _instruments.Attached.Add(-_attached.Count);
        _stopping.Cancel();
        await Task.WhenAll(_notices.Telling, _marks.Flushing).WaitAsync(cancellationToken);
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Whether a refused post is sent again as it is: by its sender, or by a gateway that tells first who is attached.</summary>
    private bool ComesAgain(Call call, Refused refused)
        => refused.RetryMs is not null || (refused.Reason == Refusal.NotMember && call.Claim != 0 && call.Claim != ClaimNumber);

    private async ValueTask<(RoomReply? Now, WaitingEntry? Later)> DecideSafelyAsync(Call call, RoomCommand command)
    {
        try
        {
            return await DecideAsync(call, command);
        }
        catch (LogUnavailableException)
        {
            return (Refusals.LogAway(_options), null);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return (Refusals.Moving(_options), null);
        }
        catch (LogEntryException)
        {
            return (Refusals.NotStorable, null);
        }
        catch (Exception failure)
        {
            // Whatever went wrong with one command, the others get their answers.
            LogCommandFailed(failure, command.GetType().Name);
            return (Refusals.LogAway(_options), null);
        }
    }

    private async ValueTask<(RoomReply? Now, WaitingEntry? Later)> DecideAsync(Call call, RoomCommand command)
    {
        var refusal = _steppedDown || IsOvertaken(call) ? Refusals.Moving(_options)
            : _watch.IsGone(call.Gateway) ? Refusals.GatewayExpired
            : MayNot(command.User);
        return refusal is not null
            ? (refusal, null)
            : command switch
            {
                Post post => await PostAsync(call, post),
                Enter enter => (await EnterAsync(call, enter), null),
                Exit exit => (await ExitAsync(call, exit), null),
                MarkRead mark => (await MarkAsync(mark), null),
                _ => throw new InvalidOperationException($"A room knows no {command.GetType().Name}."),
            };
    }

    private async ValueTask<(RoomReply? Now, WaitingEntry? Later)> PostAsync(Call call, Post post)
    {
        if (!await KnowAsync(IsDirect ? RoomKind.Direct : null))
        {
            return (Refusals.NoRoom, null);
        }

        // Here, and not in the batch: what no log can keep must not fail what other people sent with it.
        var waiting = WaitingEntry.Of(post, _time.GetTimestamp());
        AppendCheck.ThrowIfNotStorable(_room, waiting.Entry);
        if (!IsHere(post.User))
        {
            // Whoever is here no longer may have been when the same was sent first, and its answer was lost.
            return (ComesAgain(call, Refusals.NotMember) ? Refusals.NotMember : await FirstAnswerAsync(waiting.Entry) ?? Refusals.NotMember, null);
        }

        if (post.Kind != RoomEventKind.Msg && await RefuseTargetAsync(post) is { } refusal)
        {
            // What would be refused today may have been done yesterday: a repeated deletion finds its message gone, and its answer is the first.
            var first = refusal.Reason is Refusal.Gone or Refusal.NotFound ? await FirstAnswerAsync(waiting.Entry) : null;
            return (first ?? refusal, null);
        }

        // An append failed since the call came: what was before this one in it may have failed with it.
        return _queue.Refusals != call.Refusals ? (Refusals.LogAway(_options), null)
            : _queue.TryAdd(waiting) ? (null, waiting)
            : (Refusals.TooManyWait(_options), null);
    }

    private async Task<RoomReply> EnterAsync(Call call, Enter enter)
    {
        var create = IsDirect ? RoomKind.Direct : enter.Create;
        if (create == RoomKind.Direct && !IsDirect)
        {
            return Refusals.OtherKind;
        }

        if (!await KnowAsync(create))
        {
            return Refusals.NoRoom;
        }

        if (IsOvertaken(call))
        {
            return Refusals.Moving(_options);
        }

        if (enter.Require is { } kind && kind != _claim!.Kind)
        {
            return Refusals.OtherKind;
        }

        if (enter.AsMember && MayNotRead(enter.User) is { } stranger)
        {
            return stranger;
        }

        if (_claim!.Kind == RoomKind.Group && await _membership.JoinAsync(enter.User) is { } refused)
        {
            return refused;
        }

        if (_marks.IsUnflushed(enter.User))
        {
            await _marks.FlushAsync(_stopping.Token);
        }

        var facts = await _log.FactsAsync(_room, enter.User, _stopping.Token);
        if (facts is null)
        {
            return Refusals.NoRoom;
        }

        if (_claim.Kind == RoomKind.Group && !facts.IsMember)
        {
            // So says the log, where another activation may have written meanwhile.
            return Refusals.NotMember;
        }

        // From here to the answer nothing is awaited: the head told is the one from which on this gateway gets everything.
        if (_steppedDown || IsOvertaken(call))
        {
            return Refusals.Moving(_options);
        }

        if (!_attached.Contains(enter.User) && _attached.Count >= _options.AttachedUsers)
        {
            return Refusals.Full;
        }

        Attach(call.Gateway, enter.User, byName: true);
        var read = _marks.Learn(enter.User, facts.Read);

        // Of an activation that was superseded and does not know it yet the head is an old one, and the log's is the truth.
        var (head, messages) = facts.Seq > _head ? (facts.Seq, facts.Messages) : (_head, _messages);
        return new Entered(
            _claim.Kind, _claim.Epoch, head, messages, read, Math.Max(0, messages - facts.ReadMessages), _attached.Count,
            new NoticeMark(_activation, _notices.Told));
    }

    private async Task<RoomReply> ExitAsync(Call call, Exit exit)
    {
        if (!exit.Stays)
        {
            Detach(call.Gateway, exit.User);
        }

        if (!exit.EndMembership || !await KnowAsync(create: null) || _claim!.Kind != RoomKind.Group)
        {
            return Refusals.Done;
        }

        if (IsOvertaken(call))
        {
            return Refusals.Moving(_options);
        }

        return await _membership.LeaveAsync(exit.User);
    }

    private async Task<RoomReply> MarkAsync(MarkRead mark)
    {
        if (!await KnowAsync(create: null))
        {
            return Refusals.NoRoom;
        }

        if (!IsHere(mark.User))
        {
            return Refusals.NotMember;
        }

        if (!_marks.Knows(mark.User) && await _log.FactsAsync(_room, mark.User, _stopping.Token) is { } facts)
        {
            _marks.Learn(mark.User, facts.Read);
        }

        var read = Math.Min(mark.Read, _head);
        if (_marks.TryMove(mark.User, read))
        {
            _publisher.Publish(new RoomMark(_room, mark.User, read));
        }

        return Refusals.Done;
    }

    /// <summary>What holds without the log: a key that is none, and a direct conversation of other people.</summary>
    private Refused? MayNot(string user)
        => _people is null ? Refusals.NoRoom : IsDirect && !_people.Contains(user) ? Refusals.NotYours : null;

    private Refused? MayNotRead(string user)
        => _claim!.Kind == RoomKind.Group && !_membership.Contains(user) ? Refusals.NotMember : null;

    /// <summary>A channel is for those attached; a group and a direct conversation for those who belong to it, wherever they are.</summary>
    private bool IsHere(string user)
        => _claim?.Kind == RoomKind.Channel ? _attached.Contains(user) : _membership.Contains(user);

    private Func<InboxItem, Task> InboxOf(string gateway)
    {
        var inbox = this.GetStreamProvider(Inbox.Provider).GetStream<InboxItem>(StreamId.Create(Inbox.Namespace, gateway));
        return item => inbox.OnNextAsync(item);
    }

    private Task RingAsync(string member, long from, long to) => GrainFactory.GetGrain<IUserGrain>(member).RingAsync(_room, from, to);

    /// <summary>What is known of the call that a command came in.</summary>
    /// <param name="Claim">See <see cref="RoomCommands"/>.</param>
    /// <param name="Number">See <see cref="RoomCommands"/>.</param>
    /// <param name="Refusals">How often the queue had been refused when it came.</param>
    private readonly record struct Call(string Gateway, long Claim, long Number, long Refusals);

    /// <summary>Whether the gateway gave the call up and made a newer one: nobody hears its answer.</summary>
    private bool IsOvertaken(Call call) => _calls.IsOvertaken(call.Gateway, call.Number);

    [LoggerMessage(100, LogLevel.Error, "A {Command} failed.")]
    private partial void LogCommandFailed(Exception failure, string command);

    [LoggerMessage(101, LogLevel.Warning, "The room left its silo before everything was stored or published.")]
    private partial void LogLeftInHaste(Exception failure);
}
