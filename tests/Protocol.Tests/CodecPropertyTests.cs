using System.Text;
using System.Text.Unicode;
using FsCheck.Fluent;
using OrleansChat.ClientCodec;

namespace OrleansChat.Protocol.Tests;

/// <summary>Checks properties of all commands, all frames and all byte sequences, with random values.</summary>
public sealed class CodecPropertyTests
{
    [Fact]
    public void Command_WhenWrittenAndRead_IsUnchanged() => Properties.ForAll(
        Generated.Command,
        command =>
        {
            var read = Wire.Command(Wire.Written(command));
            return read.GetType() == command.GetType() && Wire.Written(read) == Wire.Written(command);
        });

    [Fact]
    public void Frame_WhenWrittenAndRead_IsUnchanged() => Properties.ForAll(
        Generated.Frame,
        frame =>
        {
            var read = FrameReader.Read(FrameWriter.Encode(frame));
            return read?.GetType() == frame.GetType() && Wire.Written(read) == Wire.Written(frame);
        });

    [Fact]
    public void Frame_WhenWritten_IsOneLineOfUtf8ThatStartsWithT() => Properties.ForAll(
        Generated.Frame,
        frame =>
        {
            var bytes = FrameWriter.Encode(frame);
            return !bytes.AsSpan().ContainsAny((byte)'\n', (byte)'\r') && Utf8.IsValid(bytes) && bytes.AsSpan().StartsWith("{\"t\":\""u8);
        });

    [Fact]
    public void Read_WhenAFrameHasSeveralLines_ReturnsOneResultPerLine() => Properties.ForAll(
        Generated.Command.ListOf(),
        commands =>
        {
            var read = Wire.Read(Generated.Frames(commands), new ProtocolLimits { CommandsPerFrame = 1024 });
            return read.Count == commands.Count && read.All(parsed => parsed.Error is null);
        });

    [Fact]
    public void Read_WhenGivenAnyBytes_ReturnsOneResultPerLine() => Properties.ForAll(Generated.Bytes, EachLineHasItsResult);

    [Fact]
    public void Read_WhenTheFrameIsDamaged_ReturnsOneResultPerLine() => Properties.ForAll(Generated.Damaged, EachLineHasItsResult);

    [Fact]
    public void FrameReader_WhenTheFrameIsDamaged_ThrowsOnlyFormatException() => Properties.ForAll(
        Generated.Damaged,
        bytes =>
        {
            try
            {
                FrameReader.Read(bytes, []);
            }
            catch (FormatException)
            {
                // The reader refuses lines that are not server frames.
            }

            return true;
        });

    private static bool EachLineHasItsResult(byte[] frame)
    {
        var lines = Encoding.Latin1.GetString(frame).Split('\n').Count(line => line.Trim(' ', '\t', '\r').Length > 0);
        var read = Wire.Read(frame);
        _ = CommandReader.LooksLikeHello(frame);
        var isCut = read.Count > Bounds.BrokenLines && read[^1].Error is { Code: ChatErrorCode.TooLarge, Id: null };
        return (read.Count == lines || isCut) && read.All(parsed => parsed.Command is null != parsed.Error is null);
    }
}
