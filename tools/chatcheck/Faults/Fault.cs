namespace OrleansChat.ChatCheck.Faults;

/// <summary>The kinds of faults that <see cref="Nemesis"/> injects.</summary>
internal enum FaultKind
{
    /// <summary>kill -9 of a silo or gateway. The process is restarted 1 to 4 s later.</summary>
    Kill,

    /// <summary>SIGSTOP of a silo or gateway, then SIGCONT. A gateway is stopped for longer than its lease.</summary>
    Stop,

    /// <summary>SIGTERM of a silo or gateway. The process is restarted up to 3 s after its end.</summary>
    Drain,

    /// <summary>A rolling restart: SIGTERM and restart of every silo, or of every gateway, one after another.</summary>
    Restart,

    /// <summary>PostgreSQL is frozen for 2 to 6 s.</summary>
    Database,

    /// <summary>A third of the clients lose their connections at the same time.</summary>
    Cut,
}

/// <summary>What a fault hits.</summary>
internal enum Side
{
    /// <summary>The database, or clients.</summary>
    Other,

    Silo,

    Gateway,
}

/// <summary>One planned fault.</summary>
/// <param name="After">Minimum time from the beginning of the previous fault to the beginning of this fault.</param>
/// <param name="Victim">The index of the silo or gateway, from 0.</param>
/// <param name="Lasting">How long the victim is frozen, or stays down before its restart.</param>
internal sealed record Fault(TimeSpan After, FaultKind Kind, Side Side, int Victim, TimeSpan Lasting)
{
    /// <summary>The fault as text, such as "kill silo-2".</summary>
    public override string ToString() => (Kind, Side) switch
    {
        (FaultKind.Database, _) => "stop the database",
        (FaultKind.Cut, _) => "cut clients",
        (FaultKind.Restart, var side) => $"restart every {Word(side)}",
        var (kind, side) => $"{Word(kind)} {Word(side)}-{Victim + 1}",
    };

    private static string Word<T>(T word) where T : struct, Enum => word.ToString().ToLowerInvariant();
}
