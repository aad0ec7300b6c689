namespace OrleansChat.Protocol;

/// <summary>Rules that apply to every close code.</summary>
public static class CloseCodes
{
    /// <summary>
    /// True if a client should reconnect after this code. The ranges decide, not a list, so a client can also handle
    /// codes that are newer than the client.
    /// </summary>
    public static bool MayComeBack(CloseCode code) =>
        code is CloseCode.GoingAway or CloseCode.ServiceRestart || (int)code is >= 4000 and < 4500;
}
