using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>A room as one client has it: its cursor, what came, and whether the connection is in it. Its client's receiving loop alone changes it.</summary>
internal sealed class RoomView(int room, string name, ReaderStream stream)
{
    private volatile TaskCompletionSource<ChatSocket> _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Room => room;

    public string Name => name;

    public ReaderStream Stream => stream;

    /// <summary>The sequence of the last event that this client has.</summary>
    public int Cursor { get; private set; } = stream.From;

    /// <summary>The newest sequence it knows of.</summary>
    public int Newest { get; private set; }

    public string? Epoch { get; private set; }

    /// <summary>When the room was entered on this connection; 0 while it is not.</summary>
    public long EnteredAt { get; private set; }

    /// <summary>When to ask to join again; <see cref="long.MaxValue"/> where there is no need.</summary>
    public long JoinAt { get; set; } = long.MaxValue;

    /// <summary>The connection, as soon as it is in the room.</summary>
    public Task<ChatSocket> Entered => _entered.Task;

    /// <summary>The connection is in the room.</summary>
    public void Enter(ChatSocket socket, string epoch, int after, bool reset, long now)
    {
        stream.Items.Add(new(reset ? ItemKind.Reset : ItemKind.Joined, after, socket.Number));
        (Cursor, Epoch, EnteredAt, JoinAt) = (after, epoch, now, long.MaxValue);
        _entered.TrySetResult(socket);
    }

    /// <summary>An event came.</summary>
    public void Event(int seq, int send)
    {
        stream.Items.Add(Item.Event(seq, send));
        Cursor = seq;
        Newest = Math.Max(seq, Newest);
    }

    /// <summary>A gap was named.</summary>
    public void Gap(int from, int to)
    {
        stream.Items.Add(Item.Gap(from, to));
        Cursor = to;
    }

    /// <summary>The connection is gone.</summary>
    public void Leave()
    {
        (EnteredAt, JoinAt) = (0, long.MaxValue);
        if (_entered.Task.IsCompleted)
        {
            _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
