using System.Globalization;
using System.Text;

namespace OrleansChat.Load;

/// <summary>Sends the commands of clients in JSON mode, and waits for the answers.</summary>
internal static class Conversation
{
    private const int ReadBytes = 64 * 1024;

    /// <summary>Sends <c>hello</c> and joins a room without its history. Returns the <c>joined</c> line.</summary>
    public static Task<string> JoinAsync(FrameSocket socket, string room, CancellationToken cancellationToken) => AskAsync(
        socket, $$"""{"t":"hello"}""" + "\n" + $$"""{"t":"join","id":"join","room":"{{room}}"}""", "joined", cancellationToken);

    /// <summary>
    /// Sends a command and waits for a line of type <paramref name="answer"/>. Skips other lines, but throws
    /// <see cref="IOException"/> for a line of type <c>err</c>.
    /// </summary>
    public static async Task<string> AskAsync(FrameSocket socket, string command, string answer, CancellationToken cancellationToken)
    {
        await socket.SendAsync(command, cancellationToken);
        while (true)
        {
            if (Find(socket, answer) is { } line)
            {
                return line;
            }

            await socket.ReadAsync(ReadBytes, cancellationToken);
        }
    }

    /// <summary>Waits for a frame that contains <paramref name="what"/>. Skips the frames before it.</summary>
    public static async Task HearAsync(FrameSocket socket, string what, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(what);
        while (!Heard(socket, bytes))
        {
            await socket.ReadAsync(ReadBytes, cancellationToken);
        }
    }

    private static bool Heard(FrameSocket socket, byte[] what)
    {
        while (socket.TryTake(out var frame))
        {
            if (frame.IndexOf(what) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Returns the command that sends one measured message.</summary>
    public static string Send(string room, long number, long due) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"t":"send","id":"{{number}}","room":"{{room}}","text":"{{LoadText.Write(number, due)}}"}""");

    private static string? Find(FrameSocket socket, string answer)
    {
        Span<byte> type = stackalloc byte[16];
        type = type[..Encoding.ASCII.GetBytes(answer, type)];
        string? found = null;
        while (found is null && socket.TryTake(out var frame))
        {
            while (Line.TryTake(ref frame, out var line))
            {
                if (Line.Is(line, "err"u8))
                {
                    throw new IOException(Encoding.UTF8.GetString(line));
                }

                if (Line.Is(line, type))
                {
                    found ??= Encoding.UTF8.GetString(line);
                }
            }
        }

        return found;
    }
}
