using BenchmarkDotNet.Attributes;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Micro;

/// <summary>What waits for one connection: in, and out again as its writer takes it.</summary>
public class OutboxBenchmark : IReceipt
{
    private readonly Outbox _outbox = new(256 * 1024, 256 * 1024, static () => { });
    private readonly Gathering _gathering = new();
    private readonly byte[] _answer = new byte[90];
    private readonly byte[] _frame = WebSocketFrames.Text([new byte[190]]);
    private long _position;

    public static IEnumerable<Shape> Shapes => [new(1, "1"), new(8, "8 that wait together")];

    [ParamsSource(nameof(Shapes))]
    public Shape Of { get; set; }

    [Benchmark(Description = "outbox: frames of events")]
    public int Frames()
    {
        for (var i = 0; i < Of.Items; i++)
        {
            _outbox.TryPostFrame(_frame, this, ++_position);
        }

        return Take();
    }

    [Benchmark(Description = "outbox: answers")]
    public int Answers()
    {
        for (var i = 0; i < Of.Items; i++)
        {
            _outbox.Answer(_answer);
        }

        return Take();
    }

    private int Take()
    {
        var bytes = 0;
        while (_gathering.TryGather(_outbox, 16 * 1024))
        {
            bytes += _gathering.Joined.Length + _gathering.Large.Length;
            _gathering.Clear();
        }

        return bytes;
    }

    void IReceipt.Taken(long position)
    {
        // A subscription notes where it is.
    }
}
