using System.Text;
using OrleansChat.ClientCodec;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>A client that checks the protocol's promises and fails at the first broken one.</summary>
internal sealed class StrictReader
{
    private readonly Dictionary<string, (bool In, long Cursor)> _rooms = [];

    /// <summary>The number of events that this reader has read.</summary>
    public int Events { get; private set; }

    /// <summary>Returns the client's cursor in the room; null if the client never joined the room.</summary>
    public long? Cursor(string room) => _rooms.TryGetValue(room, out var known) ? known.Cursor : null;

    /// <summary>Reads the lines from a position to the end. Returns the position after the last line.</summary>
    public int Read(IReadOnlyList<string> lines, int from)
    {
        Read(lines.Skip(from).Select(line => FrameReader.Read(Encoding.UTF8.GetBytes(line))!));
        return lines.Count;
    }

    public void Read(IEnumerable<ServerFrame> frames)
    {
        foreach (var frame in frames)
        {
            switch (frame)
            {
                case Joined joined:
                    Assert.InRange(joined.After, 0, joined.Seq);
                    _rooms[joined.Room] = (true, joined.After);
                    break;
                case Ok { Id: "l", Room: { } left }:
                    _rooms[left] = (false, _rooms.GetValueOrDefault(left).Cursor);
                    break;
                case ChatEvent happened:
                    Next(happened.Room, happened.Seq, happened.Seq, happened);
                    Events++;
                    break;
                case Gap gap:
                    Next(gap.Room, gap.From, gap.To, gap);
                    break;
            }
        }
    }

    private void Next(string room, long from, long to, ServerFrame frame)
    {
        var (isIn, cursor) = _rooms.GetValueOrDefault(room);
        Assert.True(isIn, $"{frame} arrived, but this connection has not joined {room}");
        Assert.True(from == cursor + 1 && to >= from, $"{frame} arrived after sequence {cursor}");
        _rooms[room] = (true, to);
    }
}
