using System.Text;
using BenchmarkDotNet.Attributes;
using OrleansChat.Gateway.Frames;
using OrleansChat.Protocol;

namespace OrleansChat.Micro;

/// <summary>Measures encoding and parsing of the JSON protocol.</summary>
public class CodecBenchmark
{
    private readonly ProtocolLimits _limits = new();
    private readonly List<ParsedCommand> _parsed = [];
    private readonly RenderKey _view = new(JsonFormat.Instance, Room.Name, "ann");
    private Grains.Interfaces.RoomEvent[] _events = [];
    private byte[] _frame = [];
    private Ok[] _acks = [];

    public static IEnumerable<Shape> Shapes => [new(1, "1"), new(64, "64")];

    [ParamsSource(nameof(Shapes))]
    public Shape Of { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _events = Room.After(1000, Of.Items);
        _acks = [.. _events.Select(happened => new Ok(happened.ClientId, Room.Name, happened.Seq, happened.Ts, false, null))];
        _frame = Encoding.UTF8.GetBytes(string.Join('\n', _events.Select(
            happened => $$"""{"t":"send","id":"{{happened.ClientId}}","room":"{{Room.Name}}","text":"{{happened.Text}}"}""")));
    }

    [Benchmark(Description = "codec: a run of messages as one frame")]
    public int Encode() => new EncodedRun(Array.ConvertAll(_events, static happened => new EncodedEvent(happened))).For(_view).Length;

    [Benchmark(Description = "codec: reading sends")]
    public int Parse()
    {
        _parsed.Clear();
        CommandReader.Read(_frame, _limits, _parsed);
        return _parsed.Count;
    }

    [Benchmark(Description = "codec: an ok")]
    public int Ack()
    {
        var bytes = 0;
        foreach (var ack in _acks)
        {
            bytes += FrameWriter.Encode(ack).Length;
        }

        return bytes;
    }
}
