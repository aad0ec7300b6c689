using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Memory;

/// <summary>The room as it appears in its users' lists of conversations.</summary>
internal sealed partial class MemoryRoom
{
    private readonly Dictionary<string, MemorySettings> _personal = new(StringComparer.Ordinal);
    private readonly long _created = changes.Next();
    private long _changed = changes.Next();

    /// <summary>
    /// Returns the room as it appears in the user's list of conversations, if the conversation has a change with the
    /// number <paramref name="since"/> or a higher one. Otherwise null, also for a user who never had a role or
    /// settings in the room. For an invited user, only the invitation and the settings count.
    /// </summary>
    public MemoryConversation? Conversation(string room, string user, long since)
    {
        lock (_gate)
        {
            var personal = _personal.GetValueOrDefault(user);
            var role = Find(user).Role;
            var isInvited = role == RoomRole.Invited;
            var isIn = Member.Is(role) || (kind == RoomKind.Channel && personal?.Followed == true);
            if (!isIn && !isInvited && personal is not { MemberChanged: > 0 } and not { SettingsChanged: > 0 })
            {
                return null;
            }

            var own = Math.Max(personal?.MemberChanged ?? 0, personal?.SettingsChanged ?? 0);
            var all = Math.Max(_changed, personal?.MarkChanged ?? 0);
            if (Math.Max(Math.Max(own, _created), isIn ? all : 0) < since)
            {
                return null;
            }

            var position = isInvited ? personal?.Since ?? 0 : _rows.Count;
            return new(ToRow(room, user, role, personal), (isIn || isInvited) && position > (personal?.Hidden ?? ConversationRules.NotHidden));
        }
    }

    /// <summary>Whether the user has any setting for the room, and whether the user follows it.</summary>
    public (bool IsSet, bool IsFollowed) Settings(string user)
    {
        lock (_gate)
        {
            var personal = _personal.GetValueOrDefault(user);
            return (personal?.IsSet == true, personal?.Followed == true);
        }
    }

    public void Set(string user, ConversationChange change)
    {
        lock (_gate)
        {
            if (!change.Sets && !_personal.ContainsKey(user))
            {
                return;
            }

            var personal = Personal(user);
            personal.Followed = change.Followed ?? personal.Followed;
            personal.Pinned = change.Pinned ?? personal.Pinned;
            personal.Archived = change.Archived ?? personal.Archived;
            personal.MutedUntil = change.MutedUntil ?? personal.MutedUntil;
            personal.Hidden = change.Hidden is { } hides ? (hides ? _rows.Count : ConversationRules.NotHidden) : personal.Hidden;
            personal.SettingsChanged = changes.Next();
        }
    }

    private MemorySettings Personal(string user) =>
        _personal.TryGetValue(user, out var found) ? found : _personal[user] = new MemorySettings();

    private ConversationRow ToRow(string room, string user, RoomRole role, MemorySettings? personal)
    {
        var settings = personal is null
            ? default
            : new ConversationSettings(personal.Followed, personal.Pinned, personal.Archived, personal.MutedUntil);
        if (role == RoomRole.Invited)
        {
            return new(room, kind, 0, _rows[(int)personal!.Since - 1].Entry.Ts, 0, 0, role, _title, null, settings);
        }

        var facts = Facts(room, user);
        NewestEvent? last = Head is { } head
            ? new(_rows.Count, head.Entry.Ts, head.Entry.User, head.Entry.Kind, head.Text is { } text ? Cut(text) : null)
            : null;
        var counts = Count(user, facts.Read);
        return new(
            room, kind, facts.Seq, last?.Ts ?? 0, facts.Read, counts.Unread, kind == RoomKind.Group ? role : RoomRole.None, _title, last, settings,
            counts.Mentions, counts.HasMore);
    }

    private UnreadCounts Count(string user, long read)
    {
        if (read >= _rows.Count || Head!.Messages == (read == 0 ? 0 : _rows[(int)read - 1].Messages))
        {
            return default;
        }

        var (first, counts) = (Math.Max(read, _rows.Count - UnreadCounts.Window), new UnreadCounts(0, 0, read < _rows.Count - UnreadCounts.Window));
        for (var at = (int)first; at < _rows.Count; at++)
        {
            if (_rows[at] is { Deleted: false, Entry: { Kind: RoomEventKind.Msg } entry } row && entry.User != user)
            {
                counts = counts with { Unread = counts.Unread + 1, Mentions = counts.Mentions + (MentionList.Has(row.Mentions, user) ? 1 : 0) };
            }
        }

        return counts;
    }

    /// <summary>Returns the first <see cref="ConversationRules.TextCharacters"/> code points of a text.</summary>
    private static string Cut(string text)
    {
        var end = 0;
        for (var count = 0; end < text.Length && count < ConversationRules.TextCharacters; count++)
        {
            end += char.IsSurrogatePair(text, end) ? 2 : 1;
        }

        return text[..end];
    }
}

/// <summary>A room as it appears in a user's list of conversations, and whether the list contains it.</summary>
internal sealed record MemoryConversation(ConversationRow Row, bool IsListed);

/// <summary>What a room stores for one user. Guarded by the room's lock.</summary>
internal sealed class MemorySettings
{
    public bool Followed { get; set; }

    public bool Pinned { get; set; }

    public bool Archived { get; set; }

    public long Hidden { get; set; } = ConversationRules.NotHidden;

    public long MutedUntil { get; set; }

    /// <summary>
    /// The sequence of the event that began or ended the membership, or of the newest invitation.
    /// </summary>
    public long Since { get; set; }

    public long MemberChanged { get; set; }

    public long MarkChanged { get; set; }

    public long SettingsChanged { get; set; }

    public bool IsSet => Followed || Pinned || Archived || Hidden >= 0 || MutedUntil > 0;
}

/// <summary>Numbers the changes of a <see cref="MemoryMessageLog"/>. Thread-safe.</summary>
internal sealed class MemoryChanges
{
    private long _newest;

    public long Newest => Interlocked.Read(ref _newest);

    public long Next() => Interlocked.Increment(ref _newest);
}
