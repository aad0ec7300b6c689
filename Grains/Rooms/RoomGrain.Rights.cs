using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Applies <see cref="RoomRights"/> to the room's state: when a command arrives, and again right before the command's
/// entry is appended, if the decision may have changed by then.
/// </summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Whether the room must appoint an owner, because the group has members but no owner. This happens if version
    /// 0.1.0 created the group, or if all members left and other users joined. Cleared when the room has appointed an
    /// owner, or when a new attempt would fail until the next claim.
    /// </summary>
    private bool _lacksOwner;

    private bool LacksOwner => _ownership.Claim?.Kind == RoomKind.Group && _membership.Table is { Owners: 0, Members: > 0 };

    private Task _appointing = Task.CompletedTask;

    private RoomState StateOf(MemberTable table) => new(
        _room, _ownership.Claim?.Kind ?? RoomKind.Direct, _head, table.Members, table.Owners, Now, _settings);

    /// <summary>Milliseconds since 1970 UTC.</summary>
    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>
    /// Returns the rights with which a user acts. In a channel, each attached user counts as a member. In other rooms,
    /// only the members count, attached or not.
    /// </summary>
    private Member Standing(string user, MemberTable table) => _ownership.Claim?.Kind == RoomKind.Channel
        ? new(user, _attached.Contains(user) ? RoomRole.Member : RoomRole.None)
        : table.Find(user);

    private Refused? RefuseRead(string user, Access access)
    {
        var member = _membership.Table.Find(user);
        return RoomRights.RefuseRead(_room, _ownership.Claim!.Kind, member.Role, member.BannedUntil > Now, access);
    }

    /// <summary>Decides whether a user may enter, and whether the user becomes a member of the group.</summary>
    /// <param name="joins">True if the user is not a member yet and must become one.</param>
    /// <param name="link">
    /// The sequence of the link by which the user becomes a member; null if the user needs no link.
    /// </param>
    private Refused? RefuseEnter(Enter enter, Access access, out bool joins, out long? link)
    {
        var table = _membership.Table;
        var (state, user, creates) = (StateOf(table), table.Find(enter.User), enter.Create == RoomKind.Group);
        (joins, link) = (false, null);
        var refused = RoomRights.RefuseEnter(state, user, enter.AsMember, creates, _title, access);
        if (state.Kind != RoomKind.Group || enter.AsMember || Member.Is(user.Role))
        {
            return refused;
        }

        joins = RoomRights.RefuseJoin(state, user, creates, access) is null;
        if (joins || enter.Link is not { } hash || RoomRights.RefuseJoin(state, user, creates, access, byLink: true) is not null)
        {
            // The user needs no link, has sent none, or may not join even with one.
            return refused;
        }

        link = _membership.Links.Find(hash, state.Now)?.Seq;
        joins = link is not null;

        // Without a usable link, the user may still be allowed to read the group.
        return joins || refused is null ? null : RoomRights.RefuseLink(_room);
    }

    private Refused? RefuseEvent(WaitingEntry waiting, MemberTable table, LinkTable links)
    {
        var target = waiting.Change is { } change ? table.Find(change.User) : null;
        var name = waiting.Entry is { Kind: RoomEventKind.Unlink, Ref: { } link } ? links.Find(link)?.User : waiting.Author;
        var author = name is not null ? table.Find(name) : null;
        var request = new EventRequest(
            waiting.Entry.Kind, target, waiting.Change?.Role, author, waiting.IsWellFormed, waiting.Settings, MentionList.HasEveryone(waiting.Entry.Mentions),
            BlockOf(waiting.Entry.User));
        return RoomRights.RefuseEvent(StateOf(table), Standing(waiting.Entry.User, table), request, waiting.Access)
            ?? _membership.RefuseBound(table, links, waiting.Entry);
    }

    /// <summary>
    /// Whether an entry in the queue may change the rights that decide a new command. If so, the new command is queued,
    /// and <see cref="KeepAllowedAsync"/> decides it before its append. Always false outside groups, because most
    /// entries of other rooms are not decided again before their append.
    /// </summary>
    private bool RightsMayChange => _ownership.Claim?.Kind == RoomKind.Group && _queue.HasMemberChanges;

    /// <summary>
    /// Answers the entries of a batch that must not be appended, and returns the others. Each entry is decided on the
    /// committed state, changed by the joins, leaves and messages before the entry in the batch. A repeated entry gets
    /// the answer to its first append. No other append of the room runs until this batch is appended, so the committed
    /// state stays the same.
    /// </summary>
    private async Task<List<WaitingEntry>> KeepAllowedAsync(List<WaitingEntry> batch)
    {
        var allowed = new List<WaitingEntry>(batch.Count);
        var refused = new List<Task>();
        var (table, links) = (_membership.Table, _membership.Links);
        HashSet<string>? senders = null;
        if (batch.Exists(waiting => IsSlowed(waiting, _membership.Table)))
        {
            await LearnAsync();
            senders = new(StringComparer.Ordinal);
        }

        foreach (var waiting in batch)
        {
            if ((AnswerNow(waiting, table, links) ?? RefuseSlow(waiting, table, senders) ?? await RefusePinAsync(waiting.Entry)) is { } answer)
            {
                refused.Add(AnswerAsync(waiting, answer));
                continue;
            }

            allowed.Add(waiting);
            if (waiting.Entry.Kind is RoomEventKind.Join or RoomEventKind.Leave)
            {
                table = table == _membership.Table ? new(table) : table;
                var seq = _head + allowed.Count;
                table.Set(MemberRules.Apply(table.Find(waiting.Entry.User), seq, waiting.Entry.Kind, null, null));
                links = links.Apply(seq, _ts, waiting.Entry.Kind, waiting.Entry.User, waiting.Entry.Ref, null);
            }
        }

        await Task.WhenAll(refused);
        return allowed;

        async Task AnswerAsync(WaitingEntry waiting, RoomReply answer) => waiting.Answer(await FirstAnswerAsync(waiting.Entry) ?? answer);
    }

    /// <summary>
    /// Returns the answer to an entry that must not be appended; null for an entry that may be appended.
    /// </summary>
    private RoomReply? AnswerNow(WaitingEntry waiting, MemberTable table, LinkTable links)
    {
        var entry = waiting.Entry;
        var user = table.Find(entry.User);
        return entry switch
        {
            // While the entry waited, the user may have become a member, or may have lost the membership or invitation.
            { Kind: RoomEventKind.Join } when Member.Is(user.Role) => Refusals.Done,
            { Kind: RoomEventKind.Leave } when user.Role == RoomRole.None => Refusals.Done,
            { ClientId: not null } => RefuseEvent(waiting, table, links),

            // While the entry waited, the link may have ended, or other users may have taken its last uses.
            { Kind: RoomEventKind.Join, Ref: { } link } when !IsUsable(link) => RoomRights.RefuseLink(_room),
            { Kind: RoomEventKind.Join } => RoomRights.RefuseJoin(StateOf(table), user, creates: true, waiting.Access, byLink: entry.Ref is not null)
                ?? _membership.RefuseBound(table, links, entry),
            { Kind: RoomEventKind.Leave } => RoomRights.RefuseLeave(StateOf(table), user),

            // The only other entry of the server: the event with which the room appoints an owner.
            _ => table.Owners > 0 ? Refusals.Done : Member.Is(table.Find(waiting.Change!.User).Role) ? null : Refusals.TargetNoMember,
        };

        bool IsUsable(long seq) => links.Find(seq) is { } link && LinkRules.IsUsable(link, _time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>
    /// Appoints an owner in a group that has members but no owner: the member who joined first. Does nothing until
    /// every process of the cluster knows the events of <see cref="LogVersion.Rights"/>. If the append fails, the next
    /// command tries again. Throws <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async Task AppointOwnerAsync()
    {
        if (!await _gate.IsOpenAsync())
        {
            return;
        }

        if (_appointing.IsCompleted)
        {
            _appointing = AppointAsync();
        }

        await _appointing;

        async Task AppointAsync()
        {
            var members = _lacksOwner ? await _log.MembersAsync(_room, _stopping.Token) : [];
            if (members.FirstOrDefault(member => Member.Is(member.Role)) is not { } first)
            {
                _lacksOwner = false;
                return;
            }

            var change = new MemberChange(first.User, RoomRole.Owner);
            var waiting = WaitingEntry.OfServer(MemberChange.ServerUser, RoomEventKind.Role, _time.GetTimestamp(), change.User, change.ToMeta());
            if (_queue.TryAdd(waiting))
            {
                // If the store cannot store the event, no new attempt is made before the next claim.
                _lacksOwner = await waiting.Reply is Refused { Reason: not Refusal.Forbidden } && _membership.Table is { Owners: 0, Members: > 0 };
            }
        }
    }
}
