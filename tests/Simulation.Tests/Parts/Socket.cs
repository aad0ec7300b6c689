using System.Text;
using OrleansChat.Gateway;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.People;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// One connection, both ends: bytes arrive in order or not at all. The gateway's end has the real outbox and the real conversation; in
/// place of a socket a writer takes what waits, as fast as this peer reads.
/// </summary>
internal sealed class Socket
{
    private readonly Simulated _world;
    private readonly GatewayProcess _gateway;
    private readonly Client _client;
    private readonly Outbox _outbox;
    private readonly Signal _due = new();
    private readonly JsonConversation _conversation;
    private readonly CancellationTokenSource _gone = new();
    private readonly Queue<byte[]> _up = new();
    private readonly Queue<byte[]> _down = new();
    private Task _reading = Task.CompletedTask;
    private bool _clientOpen = true;
    private bool _serverOpen = true;
    private bool _ending;
    private long _upDue;
    private long _downDue;

    public Socket(Simulated world, GatewayProcess gateway, Client client)
    {
        (_world, _gateway, _client) = (world, gateway, client);
        _outbox = new(world.Knobs.OutboxBytes, 64 * 1024, _due.Set);
        var wire = new SessionWire(_outbox, new(0, 1, gateway.Node.Time), End, new(gateway.Node.Time, TimeSpan.FromSeconds(30), (_, _) => { }), _gone.Token);
        var who = new IdentityResult(client.User, false, null);
        _conversation = new(wire, gateway.Ports, who, _ => who);
        gateway.Add(this);
        _ = gateway.Node.StartAsync(async () =>
        {
            await _conversation.StartAsync();
            await WriteAsync();
        });
    }

    /// <summary>Where it is connected to.</summary>
    public GatewayProcess Gateway => _gateway;

    /// <summary>Milliseconds that its peer takes for one read: zero for a quick one.</summary>
    public int SlowMs { get; set; }

    /// <summary>The client says something.</summary>
    public void Say(ClientCommand command)
    {
        var frame = CommandWriter.Encode(command);
        _upDue = Math.Max(_upDue, _world.Scheduler.Now + _world.Network.Latency().Ticks);
        _world.Scheduler.At(_upDue, () =>
        {
            if (_serverOpen && _gateway.Node.Alive)
            {
                _up.Enqueue(frame);
                _gateway.Node.Start(() => _reading = ReadAsync(_reading, _up.Dequeue()));
            }
        });
    }

    /// <summary>The network between the two is gone: each end notices by itself, the gateway's at the latest after a while.</summary>
    public void Cut()
    {
        _world.Scheduler.After(_world.Scheduler.Between(0, 500), LoseClient);
        _world.Scheduler.After(_world.Scheduler.Between(0, 3000), LoseServer);
    }

    /// <summary>The client's end is gone.</summary>
    public void LoseClient()
    {
        if (_clientOpen)
        {
            _clientOpen = false;
            _client.Node.Start(() => _client.Lost(this));
            _world.Scheduler.After(_world.Scheduler.Between(0, 500), LoseServer);
        }
    }

    private void LoseServer()
    {
        if (_serverOpen)
        {
            _serverOpen = false;
            _ = _gateway.Node.StartAsync(CloseAsync);
        }
    }

    private async Task CloseAsync()
    {
        _outbox.Complete();
        _gone.Cancel();

        // As the real connection: what is being received comes to its end first.
        await _reading;
        await _conversation.CloseAsync();

        // Not before: a process that dies in the middle of this takes its connections down.
        _gateway.Remove(this);
        _world.Scheduler.After(_world.Network.Latency(), LoseClient);
    }

    private void End(CloseCode code, string reason)
    {
        if (!_ending)
        {
            _world.Tell?.Invoke($"{_gateway.Node.Name} ends {_client.Node.Name}: {code} {reason}");
            _ending = true;
            _outbox.Answer(_conversation.Farewell(code, reason));
            _outbox.Complete();
        }
    }

    /// <summary>As the real connection: the next frame waits for the one before it, and for answers that nobody takes.</summary>
    private async Task ReadAsync(Task earlier, byte[] frame)
    {
        await earlier;
        try
        {
            await _outbox.AnswersFitAsync(_gone.Token);
            if (!_ending && _serverOpen)
            {
                await _conversation.ReceiveAsync(frame, binary: false);
            }
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The connection is gone.
        }
        catch (Exception failure)
        {
            _world.Tell?.Invoke($"{_gateway.Node.Name}: {failure.Message}");
            End(CloseCode.ServerError, "the server failed; come back");
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (!_outbox.IsOver)
            {
                List<byte> frame = [];
                while (_outbox.TryTake(_world.Knobs.WriteBytes - frame.Count, frame.Count == 0, out var item))
                {
                    var lines = item.IsFrame ? Payload(item.Bytes.Span) : item.Bytes.Span;
                    if (!lines.IsEmpty)
                    {
                        frame.AddRange(lines);
                        frame.Add((byte)'\n');
                    }
                }

                if (frame.Count == 0 && !_outbox.IsOver)
                {
                    await _due.WaitAsync(_gone.Token);
                    continue;
                }

                if (frame.Count > 0)
                {
                    Ship([.. frame]);
                }

                if (SlowMs > 0)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(SlowMs), _gateway.Node.Time, _gone.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The connection is gone.
        }

        _world.Scheduler.After(TimeSpan.Zero, LoseServer);
    }

    /// <summary>What a whole frame carries (RFC 6455 §5.2): a server's have no mask.</summary>
    private static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> frame) => frame.IsEmpty ? frame : frame[(frame[1] switch
    {
        126 => 4,
        127 => 10,
        _ => 2,
    })..];

    private void Ship(byte[] frame)
    {
        _downDue = Math.Max(_downDue, _world.Scheduler.Now + _world.Network.Latency().Ticks);
        _world.Scheduler.At(_downDue, () =>
        {
            if (_clientOpen)
            {
                _down.Enqueue(frame);
                _client.Node.Start(() => Take(_down.Dequeue()));
            }
        });
    }

    private void Take(byte[] frame)
    {
        List<ServerFrame> frames = [];
        FrameReader.Read(frame, frames);
        _world.Expect(frames.Count > 0, $"{_client.Node.Name} got a frame that is none: {Encoding.UTF8.GetString(frame)}");
        foreach (var one in frames)
        {
            if (_clientOpen)
            {
                _client.Hear(this, one);
            }
        }
    }
}
