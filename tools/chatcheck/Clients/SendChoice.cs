using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// Chooses what a writer sends next to one room. Most sends are messages. Some messages are replies, and some mention a
/// user or everyone. A few sends edit or delete an earlier message of the writer.
/// </summary>
internal sealed class SendChoice(int writer, RoomView view, Recorder recorder, Random random)
{
    private const int PercentOfEdits = 4;
    private const int PercentOfDeletions = 4;
    private const int PercentOfReplies = 12;
    private const int PercentOfMentions = 10;
    private const int PercentOfEveryone = 20; // Only the owner of a group may mention everyone.
    private const int MaxChangeable = 200;
    private const int MaxReplyLag = 20;

    /// <summary>
    /// The messages of the writer that it may change. Each message is changed at most once, so that an event without its
    /// text still has only one explanation.
    /// </summary>
    private readonly List<int> _changeable = [];

    public Send Next()
    {
        var send = new Send { Writer = writer, Room = view.Room };
        var percent = random.Next(100);
        if (_changeable.Count > 0 && percent < PercentOfEdits + PercentOfDeletions)
        {
            var at = random.Next(_changeable.Count);
            (send.Kind, send.Target) = (percent < PercentOfEdits ? SendKind.Edit : SendKind.Deletion, _changeable[at]);
            _changeable.RemoveAt(at);
            return send;
        }

        var newest = view.Newest;
        send.Reply = newest > 0 && random.Next(100) < PercentOfReplies ? Math.Max(1, newest - random.Next(MaxReplyLag)) : 0;
        send.Mentioned = random.Next(100) < PercentOfMentions ? random.Next(recorder.UserCount) : null;
        send.MentionsEveryone = view.IsOwner && random.Next(100) < PercentOfEveryone;
        return send;
    }

    /// <summary>The send has its answer. If it is a stored message, the writer may change it later.</summary>
    public void Finished(int send)
    {
        if (recorder.Sends[send] is { Kind: SendKind.Message, Outcome: Outcome.Acked } && _changeable.Count < MaxChangeable)
        {
            _changeable.Add(send);
        }
    }
}
