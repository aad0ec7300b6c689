using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Rooms;

/// <summary>An event on its way into the log, and the answer that its sender waits for.</summary>
internal sealed class WaitingEntry(LogEntry entry, long since)
{
    // The answer resumes the sender's turn on its own, never in the middle of the commit that gives it.
    private readonly TaskCompletionSource<RoomReply> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogEntry Entry { get; } = entry;

    /// <summary>The time provider's timestamp at which it began to wait.</summary>
    public long Since { get; } = since;

    /// <summary>Set when the message it refers to was deleted while it waited.</summary>
    public bool TargetGone { get; set; }

    public Task<RoomReply> Reply => _answer.Task;

    public void Answer(RoomReply reply) => _answer.TrySetResult(reply);

    public static WaitingEntry Of(Post post, long since) => new(
        new LogEntry(post.User, post.ClientId, BodyHash.Of(post), 0, post.Kind, post.Text, post.Ref, post.Reply, post.Meta), since);

    /// <summary>An event of the server's own: it has no client id and is never a duplicate.</summary>
    public static WaitingEntry OfServer(string user, RoomEventKind kind, long since)
        => new(new LogEntry(user, null, 0, 0, kind, null, null, null, null), since);
}
