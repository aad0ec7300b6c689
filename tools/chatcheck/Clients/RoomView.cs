using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// One client's view of a room: the cursor, the received items, and whether the client's connection is in the room.
/// Only the loop in <c>Client.ListenAsync</c> changes the view, with one exception: <c>Client.TendAsync</c> also sets
/// <see cref="JoinAt"/>.
/// </summary>
/// <param name="isGroup">Whether the room is a group; otherwise it is a channel.</param>
internal sealed class RoomView(int room, string name, bool isGroup, ReaderStream stream)
{
    private volatile TaskCompletionSource<ChatSocket> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Room => room;

    public string Name => name;

    public bool IsGroup => isGroup;

    public ReaderStream Stream => stream;

    /// <summary>The sequence of the last event that this client received or that a gap named.</summary>
    public int Cursor { get; private set; } = stream.From;

    /// <summary>The highest sequence of an event that this client received.</summary>
    public int Newest { get; private set; }

    public string? Epoch { get; private set; }

    /// <summary>When this connection entered the room; 0 if it is not in the room.</summary>
    public long EnteredAt { get; private set; }

    /// <summary>When to send the next <c>join</c>; <see cref="long.MaxValue"/> if no <c>join</c> is needed.</summary>
    public long JoinAt { get; set; } = long.MaxValue;

    /// <summary>Whether the user owns the group, so that it may mention everyone.</summary>
    public bool IsOwner { get; private set; }

    /// <summary>Completes when a connection has entered the room; the result is this connection.</summary>
    public Task<ChatSocket> Entered => _entered.Task;

    /// <summary>Records <c>joined</c>: the connection is in the room.</summary>
    public void Enter(ChatSocket socket, string epoch, int after, bool reset, bool isOwner, long now)
    {
        stream.Items.Add(new(reset ? ItemKind.Reset : ItemKind.Joined, after, socket.Number));
        (Cursor, Epoch, EnteredAt, JoinAt) = (after, epoch, now, long.MaxValue);
        IsOwner = isOwner;
        _entered.TrySetResult(socket);
    }

    public void Event(int seq, int send)
    {
        stream.Items.Add(Item.Event(seq, send));
        Cursor = seq;
        Newest = Math.Max(seq, Newest);
    }

    public void Gap(int from, int to)
    {
        stream.Items.Add(Item.Gap(from, to));
        Cursor = to;
    }

    /// <summary>Records that the connection has ended.</summary>
    public void Leave()
    {
        (EnteredAt, JoinAt) = (0, long.MaxValue);
        if (_entered.Task.IsCompleted)
        {
            _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
