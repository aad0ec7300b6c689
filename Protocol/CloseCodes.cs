namespace OrleansChat.Protocol;

/// <summary>Rules that apply to every close code.</summary>
public static class CloseCodes
{
    /// <summary>
    /// True if a client should reconnect after this code. From 4000 on, only the range of the code counts. So a client
    /// can also handle a code that was added after the client was written.
    /// </summary>
    public static bool MayComeBack(CloseCode code) =>
        code is CloseCode.GoingAway or CloseCode.ServiceRestart || (int)code is >= 4000 and < 4500;
}
