using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Cluster;

/// <summary>How a stopping gateway sends its clients to the other gateways. Section <c>Drain</c>.</summary>
internal sealed class DrainOptions
{
    public const string Section = "Drain";

    /// <summary>
    /// Maximum number of clients per second that all draining gateways together send to each remaining gateway. If no
    /// gateway remains, all clients are sent away at once.
    /// </summary>
    [Range(1, 1_000_000)] public int AcceptsPerSecond { get; set; } = 200;

    /// <summary>
    /// Time within which a stopping gateway sends all its clients away. The gateway uses at most
    /// <c>Process:StopWithin</c> minus 5 s, because it needs 5 s to answer the last commands and close the last
    /// connections.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Within { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Maximum reconnect delay of clients that must leave before the other gateways have capacity. If this delay is too
    /// short for all clients, each remaining gateway gets more than <see cref="AcceptsPerSecond"/> clients per second.
    /// </summary>
    internal TimeSpan MaxAway { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a stopping gateway waits for the answers to a connection's commands before it closes the connection.
    /// </summary>
    internal TimeSpan AnswerTimeout { get; set; } = TimeSpan.FromSeconds(1);
}
