using System.Runtime.InteropServices;
using System.Text;
using OrleansChat.ClientCodec;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>
/// A run: consecutive events that are encoded as one frame. Subscriptions with the same view get the same bytes.
/// </summary>
public sealed class EncodedRunTests
{
    [Theory]
    [InlineData(1, 2)] // The frame of one short event has a header of two bytes.
    [InlineData(3, 4)]
    [InlineData(900, 10)]
    public void Run_WhenEncoded_IsOneFrameWithOneObjectPerLine(int events, int header)
    {
        var run = Run(events, "bob");

        var frame = run.For(View("ann")).ToArray();

        Assert.Equal(0x81, frame[0]);
        Assert.Equal(
            Enumerable.Range(1, events).Select(seq => (long)seq),
            Encoding.UTF8.GetString(frame[header..]).Split('\n').Select(line => ((ChatEvent)FrameReader.Read(Encoding.UTF8.GetBytes(line))!).Seq));
    }

    [Fact]
    public void Run_WhenManyReceiveIt_SharesBytesExceptWithTheSender()
    {
        var run = Run(2, "bob");

        Assert.True(MemoryMarshal.TryGetArray(run.For(View("ann")), out var ann));
        Assert.True(MemoryMarshal.TryGetArray(run.For(View("cid")), out var cid));
        Assert.Same(ann.Array, cid.Array);
        Assert.DoesNotContain("\"id\":", Encoding.UTF8.GetString(ann));
        Assert.Contains("\"id\":\"mine-1\"", Encoding.UTF8.GetString(run.For(View("bob")).Span));
    }

    [Fact]
    public void Run_WhenTheViewHidesEveryEvent_IsEmpty()
    {
        // Bob wants no echo, so a run of his own events is empty for him. A run of another user's events is not empty
        // for him.
        var quiet = new RenderKey(new TextFormat("bob", "lobby", new("lobby", null, ShowSeq: false, Raw: false, Echo: false)), "lobby", "bob");

        Assert.True(Run(2, "bob").For(quiet).IsEmpty);
        Assert.False(Run(2, "ann").For(quiet).IsEmpty);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(900)]
    public void Run_WhenCompressed_SharesFramesThatDecodeAlone(int events)
    {
        var run = Run(events, "bob");
        var plain = run.For(View("ann")).ToArray();

        Assert.True(MemoryMarshal.TryGetArray(run.For(View("ann") with { Deflated = true }), out var ann));
        Assert.True(MemoryMarshal.TryGetArray(run.For(View("cid") with { Deflated = true }), out var cid));

        Assert.Same(ann.Array, cid.Array);
        Assert.Equal(0xC1, ann[0]);
        Assert.True(ann.Count < plain.Length / 2, $"{ann.Count} bytes of {plain.Length}");
        Assert.Equal(
            new RawFrame(true, RawFrame.Text, plain[Header(plain)..]).TextPayload,
            new RawFrame(true, RawFrame.Text, ann[Header(ann)..].ToArray(), Compressed: true).TextPayload);
        Assert.Equal(plain, run.For(View("eve")).ToArray());
    }

    [Fact]
    public void Run_WhenCompressionDoesNotShrinkIt_StaysPlain()
    {
        // Compression does not make a short event or an empty run smaller.
        Assert.Equal(Run(1, "bob").For(View("ann")).ToArray(), Run(1, "bob").For(View("ann") with { Deflated = true }).ToArray());

        var quiet = new RenderKey(new TextFormat("bob", "lobby", new("lobby", null, ShowSeq: false, Raw: false, Echo: false)), "lobby", "bob", Deflated: true);
        Assert.True(Run(2, "bob").For(quiet).IsEmpty);
    }

    private static int Header(ReadOnlySpan<byte> frame) => frame[1] switch { < 126 => 2, 126 => 4, _ => 10 };

    private static RenderKey View(string user) => new(JsonFormat.Instance, "lobby", user);

    private static EncodedRun Run(int events, string from) => new([.. Enumerable.Range(1, events).Select(seq => new EncodedEvent(
        new(seq, 1000, from, RoomEventKind.Msg, "hello", null, null, null, $"mine-{seq}", false, seq)))]);
}
