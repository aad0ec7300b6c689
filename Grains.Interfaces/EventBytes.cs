using System.Text;

namespace OrleansChat.Grains.Interfaces;

/// <summary>Computes the size of events, for the limit of history pages and for budgets.</summary>
public static class EventBytes
{
    /// <summary>Approximate bytes of an event without text and meta.</summary>
    public const int Overhead = 64;

    /// <summary>A history page ends with the event that reaches this number of bytes.</summary>
    public const int Page = 256 * 1024;

    /// <summary>Returns the bytes of an event: its text and meta in UTF-8, plus <see cref="Overhead"/>.</summary>
    public static int Count(RoomEvent happened) => Count(happened.Text) + Count(happened.Meta) + Overhead;

    private static int Count(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
