namespace OrleansChat.Protocol;

/// <summary>What is true of every close code, in one place.</summary>
public static class CloseCodes
{
    /// <summary>
    /// True where a client that was closed with this code should connect again, with full jitter. The ranges, and not a list, decide,
    /// so that a client knows what to do with codes that are newer than it is.
    /// </summary>
    public static bool MayComeBack(CloseCode code) =>
        code is CloseCode.GoingAway or CloseCode.ServiceRestart || (int)code is >= 4000 and < 4500;
}
