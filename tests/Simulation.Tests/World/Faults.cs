namespace OrleansChat.Simulation.Tests.World;

/// <summary>How often what goes wrong, in thousandths. One seed has many of them, another a single one.</summary>
internal sealed record Faults
{
    /// <summary>Everything goes well.</summary>
    public static readonly Faults None = new();

    /// <summary>A call never arrives.</summary>
    public int CallLost { get; init; }

    /// <summary>A call is carried out and its answer never arrives.</summary>
    public int AnswerLost { get; init; }

    /// <summary>A call is on its way for up to seconds.</summary>
    public int CallSlow { get; init; }

    /// <summary>A call fails at once.</summary>
    public int CallRefused { get; init; }

    /// <summary>An inbox item is lost.</summary>
    public int ItemLost { get; init; }

    /// <summary>An inbox item comes twice.</summary>
    public int ItemTwice { get; init; }

    /// <summary>An inbox item is late, after those published later.</summary>
    public int ItemLate { get; init; }

    /// <summary>Publishing fails, whether or not the item arrived.</summary>
    public int ItemFails { get; init; }

    /// <summary>The log fails and has done nothing.</summary>
    public int LogFails { get; init; }

    /// <summary>The log fails and has done it.</summary>
    public int LogUnknown { get; init; }

    /// <summary>The log fails and does it a while later.</summary>
    public int LogLate { get; init; }

    /// <summary>The log takes its time.</summary>
    public int LogSlow { get; init; }

    /// <summary>Draws how often what goes wrong in one world.</summary>
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
