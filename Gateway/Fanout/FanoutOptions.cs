using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Fanout;

/// <summary>Limits and intervals between this gateway's sessions and the rooms. Section <c>Fanout</c>.</summary>
internal sealed class FanoutOptions
{
    public const string Section = "Fanout";

    /// <summary>
    /// Commands to one room that may wait on this gateway; one more is refused as <c>unavailable</c>.
    /// </summary>
    [Range(1, 1_000_000)] public int CommandsPerRoom { get; set; } = 8192;

    /// <summary>Maximum number of commands in one call to a room. The rest waits for the next call.</summary>
    [Range(1, 10_000)] public int CommandsPerCall { get; set; } = 256;

    /// <summary>
    /// Minimum milliseconds between two calls to a busy room; commands in between are sent together in the next call.
    /// After a call with more than one command the interval is half as long again. A room with fewer than about 100
    /// calls per second is called at once. 0 turns the interval off.
    /// </summary>
    [Range(0, 1000)] public int CallMs { get; set; } = 8;

    /// <summary>Number of waiting commands at which a room is called before <see cref="CallMs"/> is over.</summary>
    [Range(1, 10_000)] public int CallCommands { get; set; } = 32;

    /// <summary>
    /// Milliseconds for which a command is retried while calls to its room fail. Then the client gets <c>timeout</c>.
    /// </summary>
    [Range(100, 120_000)] public int CommandMs { get; set; } = 15_000;

    /// <summary>
    /// Milliseconds between two polls of the heads of all rooms that this gateway serves. If the last event of a room
    /// is lost, the gateway notices within two polls.
    /// </summary>
    [Range(100, 60_000)] public int HeadPollMs { get; set; } = 1000;

    /// <summary>
    /// Milliseconds between two probes that the gateway sends to itself through its stream. If no probe arrives for two
    /// intervals, it subscribes to the stream again.
    /// </summary>
    [Range(100, 60_000)] public int StreamProbeMs { get; set; } = 1000;

    /// <summary>
    /// Milliseconds for which the feed of a room waits for a missing event before reading it from the message log.
    /// Later events are buffered meanwhile.
    /// </summary>
    [Range(0, 10_000)] public int GapWaitMs { get; set; } = 50;

    /// <summary>
    /// Events that the feed of a room buffers while an earlier one is missing. If the buffer is full, the feed reads
    /// the message log at once, including the events that did not fit.
    /// </summary>
    [Range(1, 100_000)] public int OutOfOrderEvents { get; set; } = 1024;

    /// <summary>Maximum number of events per read when the feed of a room closes a gap from the message log.</summary>
    [Range(1, 1000)] public int RepairEvents { get; set; } = 256;

    /// <summary>
    /// Largest gap, in events, that the feed of a room closes for all its subscriptions at once. If the gap is larger,
    /// each subscription reads the message log by itself.
    /// </summary>
    [Range(1, 100_000)] public int GapEvents { get; set; } = 1024;

    /// <summary>
    /// Pages of history that this gateway reads from the message log at the same time, and as many reads for
    /// connections that are behind. A page that waits for more than 5 s is refused as <c>unavailable</c>.
    /// </summary>
    [Range(1, 10_000)] public int PagesAtATime { get; set; } = 32;
}
