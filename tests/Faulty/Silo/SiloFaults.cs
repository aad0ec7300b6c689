using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Faulty.Silo;

/// <summary>What is wrong with a silo. Section <c>Faults</c>.</summary>
internal sealed record SiloFaults
{
    /// <summary>The section's name.</summary>
    public const string Section = "Faults";

    /// <summary>What is wrong with its log.</summary>
    public LogFault Log { get; init; }

    /// <summary>Milliseconds between an answer and its commit.</summary>
    [Range(1, 60_000)] public int DelayMs { get; init; } = 500;
}

/// <summary>What is wrong with a message log.</summary>
internal enum LogFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>An append is answered, and committed some time later.</summary>
    AnswerBeforeCommit,

    /// <summary>A client id that comes again makes another event.</summary>
    ForgetClientId,

    /// <summary>A room's newest sequence is forgotten with the process, and the next one takes it again.</summary>
    ReuseSequence,
}
