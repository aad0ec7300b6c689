using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway;

/// <summary>How a gateway that is told to stop sends its clients to the others. Section <c>Drain</c>.</summary>
internal sealed class DrainOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Drain";

    /// <summary>
    /// Clients a second that each remaining gateway gets at the most from all those that drain, together. Where no gateway remains, all
    /// are told to go at once.
    /// </summary>
    [Range(1, 1_000_000)] public int AcceptsPerSecond { get; set; } = 200;

    /// <summary>
    /// Seconds for which the last clients stay connected at the most. Less where <c>Process:StopWithin</c> leaves less, when twice
    /// <c>Connections:CloseSeconds</c> and <c>AnswerSeconds</c> are taken off.
    /// </summary>
    [Range(0, 600)] public int WithinSeconds { get; set; } = 20;

    /// <summary>
    /// Seconds for which clients that cannot be kept connected until the others have room are told to stay away, at the most. Where that is
    /// too little as well, the others get more than their rate.
    /// </summary>
    [Range(0, 300)] public int AwaySeconds { get; set; } = 60;

    /// <summary>Seconds that a connection is given for the answers to what was asked on it, before it closes.</summary>
    [Range(0, 60)] public int AnswerSeconds { get; set; } = 1;
}
