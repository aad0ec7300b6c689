namespace OrleansChat.ChatCheck.Faults;

/// <summary>What the nemesis may do.</summary>
internal enum FaultKind
{
    /// <summary>kill -9 of a silo or a gateway, which is started again after some seconds.</summary>
    Kill,

    /// <summary>SIGSTOP of a silo or a gateway, and SIGCONT: a gateway's for longer than its lease.</summary>
    Stop,

    /// <summary>SIGTERM of a silo or a gateway, which is started again once it has ended.</summary>
    Drain,

    /// <summary>A rolling restart: SIGTERM of every silo, or every gateway, one after another.</summary>
    Restart,

    /// <summary>PostgreSQL stands still for some seconds.</summary>
    Database,

    /// <summary>A third of the clients lose their connections at once.</summary>
    Cut,
}

/// <summary>Whom a fault befalls.</summary>
internal enum Side
{
    /// <summary>The database, or clients.</summary>
    Other,

    Silo,

    Gateway,
}

/// <summary>One fault to come.</summary>
/// <param name="After">Since the one before began.</param>
/// <param name="Victim">Which silo or gateway, from 0.</param>
/// <param name="Lasting">How long it is stopped, or away.</param>
internal sealed record Fault(TimeSpan After, FaultKind Kind, Side Side, int Victim, TimeSpan Lasting)
{
    /// <summary>"kill silo-2".</summary>
    public override string ToString() => (Kind, Side) switch
    {
        (FaultKind.Database, _) => "stop the database",
        (FaultKind.Cut, _) => "cut clients",
        (FaultKind.Restart, var side) => $"restart every {Word(side)}",
        var (kind, side) => $"{Word(kind)} {Word(side)}-{Victim + 1}",
    };

    private static string Word<T>(T word) where T : struct, Enum => word.ToString().ToLowerInvariant();
}
