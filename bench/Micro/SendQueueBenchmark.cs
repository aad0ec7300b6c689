using BenchmarkDotNet.Attributes;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Micro;

/// <summary>
/// Measures how long it takes to add frames to the send queue of one connection, and to take them out again as the
/// connection's writer does.
/// </summary>
public class SendQueueBenchmark : IReceipt
{
    private readonly ConnectionSendQueue _outbox = new(256 * 1024, 256 * 1024, static () => { });
    private readonly WriteBatch _gathering = new();
    private readonly byte[] _answer = new byte[90];
    private readonly byte[] _frame = WebSocketFrames.Text([new byte[190]]);
    private long _position;

    public static IEnumerable<Shape> Shapes => [new(1, "1"), new(8, "8 queued together")];

    [ParamsSource(nameof(Shapes))]
    public Shape Of { get; set; }

    [Benchmark(Description = "send queue: frames of events")]
    public int Frames()
    {
        for (var i = 0; i < Of.Items; i++)
        {
            _outbox.TryEnqueueFrame(_frame, this, ++_position);
        }

        return Take();
    }

    [Benchmark(Description = "send queue: answers")]
    public int Answers()
    {
        for (var i = 0; i < Of.Items; i++)
        {
            _outbox.EnqueueAnswer(_answer);
        }

        return Take();
    }

    private int Take()
    {
        var bytes = 0;
        while (_gathering.TryFill(_outbox, 16 * 1024))
        {
            bytes += _gathering.Joined.Length + _gathering.Large.Length;
            _gathering.Clear();
        }

        return bytes;
    }

    void IReceipt.Taken(long position)
    {
        // A subscription would move its cursor here.
    }
}
