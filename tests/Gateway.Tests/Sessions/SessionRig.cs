using System.Buffers.Binary;
using System.Text;
using OrleansChat.ClientCodec;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>
/// The parts around a session, without sockets and without a cluster. The test takes the lines from the send queue, in
/// place of the connection's writer.
/// </summary>
internal sealed class SessionRig : IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private readonly List<string> _lines = [];
    private readonly List<(CloseCode Code, string Reason)> _ends = [];

    public SessionRig(
        int sendQueueBytes = 256 * 1024, ProtocolLimits? limits = null, ChatSessionOptions? options = null, TimeProvider? time = null, Allowance? allowance = null)
    {
        SendQueue = new(sendQueueBytes, 256 * 1024, static () => { });
        Expiry = new(time ?? TimeProvider.System, TimeSpan.FromSeconds(30), (code, reason) => End(code, reason));
        Wire = new(SendQueue, allowance ?? new(0, 1, TimeProvider.System), End, Expiry, _gone.Token);
        Ports = new(
            Rooms, Rooms, Users, limits ?? new(), options ?? new(), new(new Meters()), TimeSpan.FromSeconds(25),
            time ?? TimeProvider.System);
    }

    public RoomsInMemory Rooms { get; } = new();

    public UsersInMemory Users { get; } = new();

    public ConnectionSendQueue SendQueue { get; }

    public Expiry Expiry { get; }

    public SessionConnection Wire { get; }

    public SessionServices Ports { get; }

    /// <summary>The close code and reason of each call that ended the connection.</summary>
    public IReadOnlyList<(CloseCode Code, string Reason)> Ends => _ends;

    /// <summary>All lines that were taken since the last <see cref="Forget"/>.</summary>
    public IReadOnlyList<string> Taken => _lines;

    /// <summary>Takes everything from the send queue. Returns all lines since the last <see cref="Forget"/>.</summary>
    public string[] Lines
    {
        get
        {
            while (TakeOne())
            {
            }

            return [.. _lines];
        }
    }

    /// <summary>
    /// Takes everything from the send queue. Returns all lines since the last <see cref="Forget"/> as frames of JSON
    /// mode.
    /// </summary>
    public IReadOnlyList<ServerFrame> Frames => [.. Lines.Select(line => FrameReader.Read(Encoding.UTF8.GetBytes(line))!)];

    /// <summary>Returns the sequences of a room's events in <see cref="Frames"/>.</summary>
    public long[] Seqs(string room = "lobby") => [.. Frames.OfType<ChatEvent>().Where(happened => happened.Room == room).Select(happened => happened.Seq)];

    /// <summary>Takes one item from the send queue, as the writer does. Returns false if the queue is empty.</summary>
    public bool TakeOne()
    {
        if (!SendQueue.TryTake(int.MaxValue, first: true, out var item))
        {
            return false;
        }

        if (!item.Bytes.IsEmpty)
        {
            var payload = item.Kind == ConnectionSendQueue.ItemKind.EventFrame ? PayloadOf(item.Bytes.Span) : item.Bytes.Span;
            _lines.AddRange(Encoding.UTF8.GetString(payload).Split('\n'));
        }

        return true;
    }

    /// <summary>Returns the payload of one unmasked text frame.</summary>
    private static ReadOnlySpan<byte> PayloadOf(ReadOnlySpan<byte> frame)
    {
        Assert.Equal(0x81, frame[0]);
        var (header, length) = frame[1] switch
        {
            126 => (4, BinaryPrimitives.ReadUInt16BigEndian(frame[2..])),
            127 => (10, (int)BinaryPrimitives.ReadUInt64BigEndian(frame[2..])),
            var small => (2, small),
        };
        Assert.Equal(header + length, frame.Length);
        return frame[header..];
    }

    /// <summary>Takes everything from the send queue and discards all lines.</summary>
    public void Forget()
    {
        _ = Lines;
        _lines.Clear();
    }

    /// <summary>Waits until <paramref name="enough"/> returns true.</summary>
    public Task UntilAsync(Func<SessionRig, bool> enough, string awaited) => Waiting.UntilAsync(() => enough(this), awaited);

    /// <summary>Creates a connected session in JSON mode.</summary>
    public async Task<Session> SessionAsync(string user = "ann", UserClaims? claims = null)
    {
        var session = new Session(Guid.NewGuid().ToString("N"), user, JsonFormat.Instance, Wire, Ports, claims);
        Assert.True(await session.StartAsync(null, int.MaxValue));
        return session;
    }

    /// <summary>Cancels the token of the connection, as if its socket had closed.</summary>
    public void Cut() => _gone.Cancel();

    /// <summary>The <c>after</c> argument of the last call that ended the connection.</summary>
    public int? After { get; private set; }

    private void End(CloseCode code, string reason, int? after = null)
    {
        After = after;
        _ends.Add((code, reason));
    }

    public void Dispose()
    {
        Expiry.Dispose();
        _gone.Cancel();
        _gone.Dispose();
    }
}
