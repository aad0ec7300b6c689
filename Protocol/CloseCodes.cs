namespace OrleansChat.Protocol;

/// <summary>Rules that apply to every close code.</summary>
public static class CloseCodes
{
    /// <summary>
    /// True if a client should reconnect after this code. For codes from 4000, only the range decides, so a client can
    /// also handle codes that were added after the client was written.
    /// </summary>
    public static bool MayComeBack(CloseCode code) =>
        code is CloseCode.GoingAway or CloseCode.ServiceRestart || (int)code is >= 4000 and < 4500;
}
