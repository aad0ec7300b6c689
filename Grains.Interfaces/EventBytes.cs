using System.Text;

namespace OrleansChat.Grains.Interfaces;

/// <summary>The size of events, as history pages and budgets count it.</summary>
public static class EventBytes
{
    /// <summary>Approximate bytes of an event without text and meta.</summary>
    public const int Overhead = 64;

    /// <summary>Bytes after which a history page ends. The next page has the rest.</summary>
    public const int Page = 256 * 1024;

    /// <summary>Bytes of an event: its text and meta in UTF-8, plus <see cref="Overhead"/>.</summary>
    public static int Count(RoomEvent happened) => Count(happened.Text) + Count(happened.Meta) + Overhead;

    private static int Count(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
