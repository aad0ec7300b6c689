using System.Text;
using OrleansChat.ClientCodec;

namespace OrleansChat.Protocol.Tests;

internal static class Wire
{
    public static readonly ProtocolLimits Limits = new();

    public static List<ParsedCommand> Read(string frame, ProtocolLimits? limits = null) => Read(Encoding.UTF8.GetBytes(frame), limits);

    public static List<ParsedCommand> Read(byte[] frame, ProtocolLimits? limits = null)
    {
        List<ParsedCommand> into = [];
        CommandReader.Read(frame, limits ?? Limits, into);
        return into;
    }

    /// <summary>Returns the only command of a frame. Fails if the reader refuses the frame.</summary>
    public static ClientCommand Command(string line, ProtocolLimits? limits = null)
    {
        var parsed = Assert.Single(Read(line, limits));
        Assert.Null(parsed.Error);
        return Assert.IsAssignableFrom<ClientCommand>(parsed.Command);
    }

    /// <summary>Returns the only error of a frame. Fails if the reader accepts the frame.</summary>
    public static Err Error(string line, ProtocolLimits? limits = null)
    {
        var parsed = Assert.Single(Read(line, limits));
        Assert.Null(parsed.Command);
        return Assert.IsType<Err>(parsed.Error);
    }

    public static string Written(ServerFrame frame) => Encoding.UTF8.GetString(FrameWriter.Encode(frame));

    public static string Written(ClientCommand command) => Encoding.UTF8.GetString(CommandWriter.Encode(command));
}
