using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>An entry that waits to be appended, and the answer for its sender.</summary>
internal sealed class WaitingEntry(MessageLogEntry entry, long since)
{
    // Continuations run asynchronously, so that no caller resumes inside the commit that answers the entry.
    private readonly TaskCompletionSource<RoomReply> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public MessageLogEntry Entry { get; } = entry;

    /// <summary>The time provider's timestamp at which the entry was created.</summary>
    public long Since { get; } = since;

    /// <summary>Set if the message that the entry refers to was deleted while the entry waited.</summary>
    public bool TargetGone { get; set; }

    public Task<RoomReply> Reply => _answer.Task;

    public void Answer(RoomReply reply) => _answer.TrySetResult(reply);

    public static WaitingEntry Create(Post post, long since) => new(
        new MessageLogEntry(post.User, post.ClientId, BodyHash.Compute(post), 0, post.Kind, post.Text, post.Ref, post.Reply, post.Meta), since);

    /// <summary>
    /// Creates an entry for an event that the server writes. The entry has no client id, so it is never a duplicate.
    /// </summary>
    public static WaitingEntry OfServer(string user, RoomEventKind kind, long since)
        => new(new MessageLogEntry(user, null, 0, 0, kind, null, null, null, null), since);
}
