using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Fanout;

/// <summary>Limits and intervals of the traffic between this gateway and the rooms. Section <c>Fanout</c>.</summary>
internal sealed class FanoutOptions
{
    public const string Section = "Fanout";

    /// <summary>
    /// How long the gateway retries a command while calls to its room fail. After this time, the client gets
    /// <c>timeout</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:02:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Maximum number of commands to one room that wait on this gateway. Further commands are refused as
    /// <c>unavailable</c>.
    /// </summary>
    internal int CommandsPerRoom { get; set; } = 8192;

    /// <summary>Maximum number of commands in one call to a room. Further commands wait for the next call.</summary>
    internal int CommandsPerCall { get; set; } = 256;

    /// <summary>
    /// Minimum time between two calls to a busy room. Commands that arrive during this time share the next call. After
    /// a call with more than one command, the interval is 1.5 times as long. If a room gets fewer than about 100 calls
    /// per second, each call is made at once. Zero turns the interval off.
    /// </summary>
    internal TimeSpan CallInterval { get; set; } = TimeSpan.FromMilliseconds(8);

    /// <summary>
    /// Number of waiting commands at which the gateway calls a room at once, even if <see cref="CallInterval"/> has not
    /// passed.
    /// </summary>
    internal int CallCommands { get; set; } = 32;

    /// <summary>
    /// Time between two polls of the heads of all rooms that have a feed on this gateway. If the stream loses the last
    /// event of a room, the gateway notices within two polls.
    /// </summary>
    internal TimeSpan HeadPoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time between two probes that the gateway sends to itself through its stream. If no probe arrives for two
    /// intervals, the gateway subscribes to the stream again.
    /// </summary>
    internal TimeSpan StreamProbe { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long the feed of a room waits for a missing event before it reads the event from the message log. The feed
    /// buffers later events during this time.
    /// </summary>
    internal TimeSpan GapWait { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Maximum number of events that the feed of a room buffers while an earlier event is missing. If the buffer is
    /// full, the feed does not wait. It reads the missing events from the message log, and also the events that the
    /// buffer had no space for.
    /// </summary>
    internal int OutOfOrderEvents { get; set; } = 1024;

    /// <summary>
    /// Maximum number of missing events that the feed of a room reads from the message log at a time.
    /// </summary>
    internal int RepairEvents { get; set; } = 256;

    /// <summary>
    /// Largest gap, in events, that the feed of a room repairs for all its subscriptions together. If the gap is
    /// larger, each subscription reads the message log separately.
    /// </summary>
    internal int GapEvents { get; set; } = 1024;

    /// <summary>
    /// Maximum number of pages of history, members or conversations that this gateway reads from the message log at the
    /// same time. If a page has to wait for more than 5 s, the command that requested it is refused as
    /// <c>unavailable</c>. Reads for subscriptions that are behind have a separate limit of the same size.
    /// </summary>
    internal int PagesAtATime { get; set; } = 32;
}
