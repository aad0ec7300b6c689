using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Fanout;

/// <summary>Bounds of what stands between this gateway's sessions and the rooms. Section <c>Fanout</c>.</summary>
internal sealed class FanoutOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Fanout";

    /// <summary>Commands to one room that may wait here; one more is refused with <c>unavailable</c>.</summary>
    [Range(1, 1_000_000)] public int CommandsPerRoom { get; set; } = 8192;

    /// <summary>Commands that travel to a room in one call.</summary>
    [Range(1, 10_000)] public int CommandsPerCall { get; set; } = 256;

    /// <summary>
    /// Milliseconds between two calls to a busy room; what is sent to it meanwhile travels together, and where it is more than one command the
    /// next call is half as long after it again. A calm room, up to some 100 calls a second, is called at once. 0 for always at once.
    /// </summary>
    [Range(0, 1000)] public int CallMs { get; set; } = 8;

    /// <summary>Commands for which a room is called although it is not time yet.</summary>
    [Range(1, 10_000)] public int CallCommands { get; set; } = 32;

    /// <summary>Milliseconds for which a command is tried again when a call fails, before its sender hears <c>timeout</c>.</summary>
    [Range(100, 120_000)] public int CommandMs { get; set; } = 15_000;

    /// <summary>Milliseconds between the beacons: a lost last event stays unnoticed for two of them at the most.</summary>
    [Range(100, 60_000)] public int BeaconMs { get; set; } = 1000;

    /// <summary>Milliseconds between the gateway's words to itself through its inbox; after two without an echo it subscribes anew.</summary>
    [Range(100, 60_000)] public int EchoMs { get; set; } = 1000;

    /// <summary>
    /// Milliseconds for which a feed waits for what was overtaken on the way, before it reads it from the log. What came early is kept meanwhile.
    /// </summary>
    [Range(0, 10_000)] public int HoldMs { get; set; } = 50;

    /// <summary>Events that came early and a feed keeps; once it is full the log is read at once, and tells what found no room.</summary>
    [Range(1, 100_000)] public int HeldEvents { get; set; } = 1024;

    /// <summary>Events a feed reads from the log at a time to close a hole.</summary>
    [Range(1, 1000)] public int RepairEvents { get; set; } = 256;

    /// <summary>Events a hole may have; behind a larger one each subscription is fed from the log by itself.</summary>
    [Range(1, 100_000)] public int HoleEvents { get; set; } = 1024;
}
