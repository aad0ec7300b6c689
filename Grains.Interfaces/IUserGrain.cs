namespace OrleansChat.Grains.Interfaces;

/// <summary>One user: where their sessions are, how fast they may send, and the bell that reaches all their devices. The key is the user id.</summary>
[Alias("chat.user")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>
    /// A session began. Refused where the user has <paramref name="most"/> sessions already. An older session of the same device, on
    /// whatever gateway, is told that it was replaced.
    /// </summary>
    [Alias("connect")]
    Task<Admission> ConnectAsync(string gateway, UserSession session, int most);

    /// <summary>A session ended. Unknown ones are ignored.</summary>
    [Alias("disconnect")]
    Task DisconnectAsync(string gateway, string session);

    /// <summary>
    /// Makes <paramref name="sessions"/> the whole truth about one gateway: sent when the cluster changed under it, or when its inbox was
    /// silent. Returns what was rung of late, which that gateway may not have heard.
    /// </summary>
    [Alias("attend")]
    Task<UserRing[]> AttendAsync(string gateway, UserSession[] sessions);

    /// <summary>Takes sends out of the user's token bucket, which all gateways share.</summary>
    /// <returns>How many of <paramref name="wanted"/> are granted, and in how many milliseconds the next one will be.</returns>
    [Alias("take")]
    Task<SendGrant> TakeSendsAsync(int wanted, int perSecond, int burst);

    /// <summary>
    /// Events <paramref name="from"/> to <paramref name="to"/> of a room that this user belongs to are in the log: tell every gateway
    /// that holds a session of theirs.
    /// </summary>
    [Alias("ring")]
    Task RingAsync(string room, long from, long to);

    /// <summary>Whether the user has any session now.</summary>
    [Alias("online")]
    Task<bool> IsOnlineAsync();

    /// <summary>A gateway's lease is over: the sessions it held are gone.</summary>
    [Alias("gone")]
    Task GatewayGoneAsync(string gateway);
}

/// <summary>Whether a session may begin.</summary>
public enum Admission
{
    /// <summary>It has begun.</summary>
    Admitted = 0,

    /// <summary>The user has too many already.</summary>
    TooMany = 1,

    /// <summary>The gateway's lease is over: it must start anew, and the client is welcome elsewhere.</summary>
    GatewayExpired = 2,
}

/// <summary>A session of a user on some gateway.</summary>
/// <param name="Session">Unique for ever.</param>
/// <param name="Device">The device's own name, or null.</param>
[GenerateSerializer, Immutable, Alias("chat.user-session")]
public sealed record UserSession([property: Id(0)] string Session, [property: Id(1)] string? Device);

/// <summary>An answer of the token bucket.</summary>
[GenerateSerializer, Immutable, Alias("chat.grant")]
public readonly record struct SendGrant([property: Id(0)] int Granted, [property: Id(1)] int RetryMs);
