using System.Buffers.Binary;
using System.Text;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>A session's surroundings, without sockets and without a cluster: the test is the connection's writer and reads what it takes.</summary>
internal sealed class SessionRig : IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private readonly List<string> _lines = [];
    private readonly List<(CloseCode Code, string Reason)> _ends = [];

    public SessionRig(
        int outboxBytes = 256 * 1024, ProtocolLimits? limits = null, SessionOptions? options = null, LagOptions? lag = null,
        bool createOnJoin = true, TimeProvider? time = null, Allowance? allowance = null)
    {
        Outbox = new(outboxBytes, 256 * 1024, static () => { });
        Expiry = new(time ?? TimeProvider.System, TimeSpan.FromSeconds(30), End);
        Wire = new(Outbox, allowance ?? new(0, 1, TimeProvider.System), End, Expiry, _gone.Token);
        Ports = new(
            Rooms, Users, limits ?? new(), options ?? new(), lag ?? new(), new() { CreateOnJoin = createOnJoin }, new(new Meters()), 25_000,
            time ?? TimeProvider.System);
    }

    public RoomsInMemory Rooms { get; } = new();

    public UsersInMemory Users { get; } = new();

    public Outbox Outbox { get; }

    public Expiry Expiry { get; }

    public SessionWire Wire { get; }

    public SessionPorts Ports { get; }

    /// <summary>How the connection was ended.</summary>
    public IReadOnlyList<(CloseCode Code, string Reason)> Ends => _ends;

    /// <summary>Every line that was taken so far.</summary>
    public IReadOnlyList<string> Taken => _lines;

    /// <summary>Takes everything that waits: every line so far.</summary>
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

    /// <summary>The same as frames of JSON mode.</summary>
    public IReadOnlyList<ServerFrame> Frames => [.. Lines.Select(line => FrameReader.Read(Encoding.UTF8.GetBytes(line))!)];

    /// <summary>The sequences of the events of a room among them.</summary>
    public long[] Seqs(string room = "lobby") => [.. Frames.OfType<ChatEvent>().Where(happened => happened.Room == room).Select(happened => happened.Seq)];

    /// <summary>Takes one thing as the writer would. False where nothing waits.</summary>
    public bool TakeOne()
    {
        if (!Outbox.TryTake(int.MaxValue, first: true, out var item))
        {
            return false;
        }

        if (!item.Bytes.IsEmpty)
        {
            var payload = item.Kind == Outbox.ItemKind.PostedFrame ? PayloadOf(item.Bytes.Span) : item.Bytes.Span;
            _lines.AddRange(Encoding.UTF8.GetString(payload).Split('\n'));
        }

        return true;
    }

    /// <summary>What one unmasked text frame carries.</summary>
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

    /// <summary>Forgets what was taken.</summary>
    public void Forget()
    {
        _ = Lines;
        _lines.Clear();
    }

    /// <summary>Takes until what was taken is enough.</summary>
    public Task UntilAsync(Func<SessionRig, bool> enough, string awaited) => Waiting.UntilAsync(() => enough(this), awaited);

    /// <summary>A session of JSON mode that has connected.</summary>
    public async Task<Session> SessionAsync(string user = "ann")
    {
        var session = new Session(Guid.NewGuid().ToString("N"), user, JsonFormat.Instance, Wire, Ports);
        Assert.True(await session.StartAsync(null));
        return session;
    }

    /// <summary>The connection is gone.</summary>
    public void Cut() => _gone.Cancel();

    private void End(CloseCode code, string reason) => _ends.Add((code, reason));

    public void Dispose()
    {
        Expiry.Dispose();
        _gone.Cancel();
        _gone.Dispose();
    }
}
