using System.Text;

namespace OrleansChat.Grains.Interfaces;

/// <summary>Computes the size of events, for the limit of history pages and for budgets.</summary>
public static class EventBytes
{
    /// <summary>Approximate size of an event without its text, meta and mentions, in bytes.</summary>
    public const int Overhead = 64;

    /// <summary>The server adds events to a history page until the page has this size, in bytes.</summary>
    public const int Page = 256 * 1024;

    /// <summary>
    /// Returns the size of an event in bytes: its text, meta and mentions in UTF-8, plus <see cref="Overhead"/>.
    /// </summary>
    public static int Count(RoomEvent happened) => Count(happened.Text) + Count(happened.Meta) + Count(happened.Mentions) + Overhead;

    private static int Count(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
