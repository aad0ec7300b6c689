using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Cluster;

/// <summary>How a stopping gateway sends its clients to the other gateways. Section <c>Drain</c>.</summary>
internal sealed class DrainOptions
{
    public const string Section = "Drain";

    /// <summary>
    /// Clients per second that all draining gateways together send to each remaining gateway. If no gateway remains,
    /// all clients are sent away at once.
    /// </summary>
    [Range(1, 1_000_000)] public int AcceptsPerSecond { get; set; } = 200;

    /// <summary>
    /// Seconds within which a stopping gateway sends all its clients away. At most <c>Process:StopWithin</c> minus
    /// <see cref="AnswerSeconds"/> and twice <c>Connections:CloseSeconds</c>.
    /// </summary>
    [Range(0, 600)] public int WithinSeconds { get; set; } = 20;

    /// <summary>
    /// Maximum reconnect delay, in seconds, of clients that must leave before the other gateways have capacity. If even
    /// this is too short, <see cref="AcceptsPerSecond"/> is exceeded.
    /// </summary>
    [Range(0, 300)] public int AwaySeconds { get; set; } = 60;

    /// <summary>
    /// Seconds for which a connection that is sent away waits for the answers to its commands before it is closed.
    /// </summary>
    [Range(0, 60)] public int AnswerSeconds { get; set; } = 1;
}
