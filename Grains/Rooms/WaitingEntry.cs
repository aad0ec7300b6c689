using System.Text.Json;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>An entry that waits to be appended, and the answer for its sender.</summary>
internal sealed class WaitingEntry(MessageLogEntry entry, long since)
{
    // Continuations run asynchronously, so that no caller resumes inside the commit that answers the entry.
    private readonly TaskCompletionSource<RoomReply> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MessageLogEntry Entry { get; private set; } = entry;

    /// <summary>The time provider's timestamp at which the entry was created.</summary>
    public long Since { get; } = since;

    /// <summary>
    /// The change of a user's rights; null if the entry changes none, or if its fields do not fit its kind.
    /// </summary>
    public MemberChange? Change { get; } = ParseChange(entry);

    /// <summary>
    /// The new settings of the group; null if the entry does not change them, or if its fields do not fit its kind.
    /// </summary>
    public RoomSettings? Settings { get; } =
        entry is { Kind: RoomEventKind.Settings, Text: null, Ref: null, Reply: null } ? RoomSettings.Parse(entry.Meta) : null;

    /// <summary>
    /// Whether the entry's fields fit its kind. Always true for a kind that is not limited to groups.
    /// </summary>
    public bool IsWellFormed => !RoomRights.NeedsGroup(Entry.Kind) || Change is not null || Settings is not null || Entry switch
    {
        { Kind: RoomEventKind.Title } => Entry is { Text.Length: > 0, Ref: null, Reply: null, Meta: null },
        { Kind: RoomEventKind.Link } => Entry is { Text: null, Ref: null, Reply: null } && LinkTerms.Parse(Entry.Meta) is not null,
        { Kind: RoomEventKind.Unlink } => Entry is { Text: null, Ref: >= 1, Reply: null, Meta: null },
        _ => false,
    };

    /// <summary>
    /// Whether the entry changes the rights, the settings or the links of a group. If so, the decisions about later
    /// entries depend on this entry.
    /// </summary>
    public bool ChangesMembers => Entry.Kind is RoomEventKind.Join or RoomEventKind.Leave || (IsAlone && !PinRules.Concerns(Entry.Kind));

    /// <summary>
    /// Whether the entry must be the only one of its batch, because it changes the rights of another user, or the
    /// settings or the links of a group, or the pins of a room.
    /// </summary>
    public bool IsAlone => RoomRules.IsAlone(Entry.Kind) || Entry.Kind == RoomEventKind.Settings;

    /// <summary>
    /// The author of the message that the entry refers to; null if there is none, or if the author is not known yet.
    /// </summary>
    public string? Author { get; set; }

    /// <summary>What the authorizer and the sender's token said when the entry's command arrived.</summary>
    public Access Access { get; init; }

    /// <summary>Set if the message that the entry refers to was deleted while the entry waited.</summary>
    public bool TargetGone { get; set; }

    public Task<RoomReply> Reply => _answer.Task;

    /// <summary>Replaces the names that the message mentions. Null for none.</summary>
    public void Mention(string? names) => Entry = Entry with { Mentions = names };

    public void Answer(RoomReply reply) => _answer.TrySetResult(reply);

    public static WaitingEntry Create(Post post, long since, Access access = default) => new(
        new MessageLogEntry(post.User, post.ClientId, BodyHash.Compute(post), 0, post.Kind, post.Text, post.Ref, post.Reply, post.Meta)
        {
            Mentions = post.Mentions,
        },
        since)
    {
        Access = access,
    };

    /// <summary>
    /// Creates an entry for an event that the server writes. The entry has no client id, so it is never a duplicate.
    /// </summary>
    public static WaitingEntry OfServer(
        string user, RoomEventKind kind, long since, string? text = null, string? meta = null, long? reference = null, Access access = default)
        => new(new MessageLogEntry(user, null, 0, 0, kind, text, reference, null, meta), since) { Access = access };

    private static MemberChange? ParseChange(MessageLogEntry entry)
    {
        try
        {
            var change = MemberChange.Parse(entry.Kind, entry.Text, entry.Meta);
            var isOfKind = change is not null && entry.Ref is null && entry.Reply is null && change.ToMeta() == entry.Meta && entry.Kind switch
            {
                RoomEventKind.Role => change is { Role: { } role, Until: null } && Member.Is(role),
                RoomEventKind.Ban or RoomEventKind.Mute => change is { Role: null, Until: null or > 0 },
                _ => change is { Role: null, Until: null },
            };
            return isOfKind ? change : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
