using Orleans.Concurrency;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// One room: the only sequencer of its log. The key is a <see cref="RoomKey"/>. What it answers to a post is durable;
/// what it publishes is a doorbell, and the log is the truth.
/// </summary>
[Alias("chat.room")]
public interface IRoomGrain : IGrainWithStringKey
{
    /// <summary>
    /// Carries out the commands in order and answers each. Never fails for a command: infrastructure that is away gives
    /// <see cref="Refusal.Unavailable"/>. A call that times out may have been carried out; repeating it is safe.
    /// </summary>
    [Alias("handle")]
    Task<RoomReplies> HandleAsync(RoomCommands commands);

    /// <summary>
    /// Makes <paramref name="users"/> the whole truth about one gateway's attendance: sent when the gateway notices another
    /// activation. Comings and goings that follow from it are told to the others. Returns the head to compare with.
    /// </summary>
    [Alias("attend")]
    Task<RoomHead> AttendAsync(string gateway, string[] users);

    /// <summary>Who is attached now. <see cref="Attendance.Users"/> is null above <paramref name="most"/> names.</summary>
    [Alias("who")]
    Task<Attendance> WhoAsync(string user, int most);

    /// <summary>Somebody is typing; told to the gateways and forgotten.</summary>
    [Alias("typing"), OneWay]
    Task TypingAsync(string user);

    /// <summary>A gateway's lease is over: all its users are gone.</summary>
    [Alias("gone")]
    Task GatewayGoneAsync(string gateway);
}

/// <summary>Who is in a room.</summary>
/// <param name="Refusal">Null, or why the user may not know.</param>
[GenerateSerializer, Immutable, Alias("chat.attendance")]
public sealed record Attendance([property: Id(0)] int Count, [property: Id(1)] string[]? Users, [property: Id(2)] Refusal? Refusal);
