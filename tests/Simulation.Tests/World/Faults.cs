namespace OrleansChat.Simulation.Tests.World;

/// <summary>
/// The frequency of each fault, in thousandths. Some seeds have many kinds of faults, others have one or none.
/// </summary>
internal sealed record Faults
{
    public static readonly Faults None = new();

    /// <summary>A call is lost.</summary>
    public int CallLost { get; init; }

    /// <summary>A call is executed, and its answer is lost.</summary>
    public int AnswerLost { get; init; }

    /// <summary>A call or an answer takes up to 4.5 s.</summary>
    public int CallSlow { get; init; }

    /// <summary>A call is not executed, and fails within 20 ms.</summary>
    public int CallRefused { get; init; }

    /// <summary>A stream item is lost.</summary>
    public int ItemLost { get; init; }

    /// <summary>A stream item arrives twice.</summary>
    public int ItemTwice { get; init; }

    /// <summary>A stream item is late, and can arrive after later items.</summary>
    public int ItemLate { get; init; }

    /// <summary>A publish fails. The item may arrive nevertheless.</summary>
    public int ItemFails { get; init; }

    /// <summary>A log operation is not executed, and its caller gets an error.</summary>
    public int LogFails { get; init; }

    /// <summary>A log operation is executed, but its caller gets an error.</summary>
    public int LogUnknown { get; init; }

    /// <summary>The caller of a log operation gets an error. The operation is executed up to 2 s later.</summary>
    public int LogLate { get; init; }

    /// <summary>A log operation takes up to 900 ms.</summary>
    public int LogSlow { get; init; }

    /// <summary>Draws the frequencies for one seed.</summary>
    public static Faults Draw(Scheduler scheduler)
    {
        int Some(int most) => scheduler.Next(3) == 0 ? scheduler.Next(most) : 0;
        return new()
        {
            CallLost = Some(120),
            AnswerLost = Some(120),
            CallSlow = Some(200),
            CallRefused = Some(150),
            ItemLost = Some(400),
            ItemTwice = Some(300),
            ItemLate = Some(400),
            ItemFails = Some(200),
            LogFails = Some(120),
            LogUnknown = Some(150),
            LogLate = Some(120),
            LogSlow = Some(300),
        };
    }
}
