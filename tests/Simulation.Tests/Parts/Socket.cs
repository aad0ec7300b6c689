using System.Text;
using OrleansChat.ClientCodec;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;
using OrleansChat.Simulation.Tests.People;
using OrleansChat.Simulation.Tests.World;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>
/// Both ends of one connection. Bytes arrive in order or not at all. The gateway's end has the real send queue and the
/// real conversation. Instead of a real socket, a writer takes items from the send queue as fast as the client reads.
/// </summary>
internal sealed class Socket
{
    private readonly Simulated _world;
    private readonly GatewayProcess _gateway;
    private readonly Client _client;
    private readonly ConnectionSendQueue _sendQueue;
    private readonly SingleWaiterAutoResetEvent _due = new();
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
        _sendQueue = new(world.Knobs.SendQueueBytes, 64 * 1024, _due.Set);
        var wire = new SessionConnection(_sendQueue, new(0, 1, gateway.Node.Time), End, new(gateway.Node.Time, TimeSpan.FromSeconds(30), (_, _) => { }), _gone.Token);
        var who = new IdentityResult(client.User, false, null);
        _conversation = new(wire, gateway.Ports, who, _ => who);
        gateway.Add(this);
        _ = gateway.Node.StartAsync(async () =>
        {
            await _conversation.StartAsync();
            await WriteAsync();
        });
    }

    public GatewayProcess Gateway => _gateway;

    /// <summary>How many milliseconds the client takes for one read; 0 for a fast client.</summary>
    public int SlowMs { get; set; }

    /// <summary>Sends a command from the client to the gateway.</summary>
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

    /// <summary>Cuts the network. The client notices within 500 ms, and the gateway within 3 s.</summary>
    public void Cut()
    {
        _world.Scheduler.After(_world.Scheduler.Between(0, 500), LoseClient);
        _world.Scheduler.After(_world.Scheduler.Between(0, 3000), LoseServer);
    }

    /// <summary>Closes the client's end.</summary>
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
        _sendQueue.Complete();
        _gone.Cancel();

        // Like the real connection, the socket first finishes its work on the current frame.
        await _reading;
        await _conversation.CloseAsync();

        // The gateway removes the socket only now, because a crash before this point must also close the connection.
        _gateway.Remove(this);
        _world.Scheduler.After(_world.Network.Latency(), LoseClient);
    }

    private void End(CloseCode code, string reason, int? after = null)
    {
        if (!_ending)
        {
            _world.Tell?.Invoke($"{_gateway.Node.Name} ends {_client.Node.Name}: {code} {reason}");
            _ending = true;
            _sendQueue.EnqueueAnswer(_conversation.Farewell(code, reason, after));
            _sendQueue.Complete();
        }
    }

    /// <summary>
    /// Handles a frame. Like the real connection, this method first waits until the previous frame is handled and the
    /// send queue has space for answers.
    /// </summary>
    private async Task ReadAsync(Task earlier, byte[] frame)
    {
        await earlier;
        try
        {
            await _sendQueue.AnswersFitAsync(_gone.Token);
            if (!_ending && _serverOpen)
            {
                await _conversation.ReceiveAsync(frame, binary: false);
            }
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // The connection has closed.
        }
        catch (Exception exception)
        {
            _world.Tell?.Invoke($"{_gateway.Node.Name}: {exception.Message}");
            End(CloseCode.ServerError, "the server failed; come back");
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (!_sendQueue.IsOver)
            {
                List<byte> frame = [];
                while (_sendQueue.TryTake(_world.Knobs.WriteBytes - frame.Count, frame.Count == 0, out var item))
                {
                    var lines = item.IsFrame ? Payload(item.Bytes.Span) : item.Bytes.Span;
                    if (!lines.IsEmpty)
                    {
                        frame.AddRange(lines);
                        frame.Add((byte)'\n');
                    }
                }

                if (frame.Count == 0 && !_sendQueue.IsOver)
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
            // The connection has closed.
        }

        _world.Scheduler.After(TimeSpan.Zero, LoseServer);
    }

    /// <summary>Returns the payload of a whole frame (RFC 6455 §5.2). Frames of a server have no mask.</summary>
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
        _world.Expect(frames.Count > 0, $"{_client.Node.Name} received an invalid frame: {Encoding.UTF8.GetString(frame)}");
        foreach (var one in frames)
        {
            if (_clientOpen)
            {
                _client.Hear(this, one);
            }
        }
    }
}
