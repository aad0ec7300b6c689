using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Faulty.Silo;

/// <summary>The faults of a silo: the settings of section <c>Faults</c>.</summary>
internal sealed record SiloFaults
{
    public const string Section = "Faults";

    public LogFault Log { get; init; }

    /// <summary>For <see cref="LogFault.AnswerBeforeCommit"/>: milliseconds from the answer to the commit.</summary>
    [Range(1, 60_000)] public int DelayMs { get; init; } = 500;
}

/// <summary>A fault of a message log.</summary>
internal enum LogFault
{
    None,

    /// <summary>The log answers an append first, and commits it later.</summary>
    AnswerBeforeCommit,

    /// <summary>If a client repeats a send with the same client id, the log stores a second event.</summary>
    ForgetClientId,

    /// <summary>
    /// The log loses the newest event of a room, and the next event gets the sequence of the lost event.
    /// </summary>
    ReuseSequence,
}
