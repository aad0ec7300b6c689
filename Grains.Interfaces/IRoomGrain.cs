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
    /// activation, or that it missed a notice. Comings and goings that follow from it are told to the others.
    /// </summary>
    /// <param name="heard">The last notice of comings and goings that the gateway heard; default for none.</param>
    /// <param name="number">See <see cref="RoomCommands"/>.</param>
    [Alias("attend")]
    Task<Attended> AttendAsync(string gateway, string[] users, NoticeMark heard, long number = 0);

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

/// <summary>A gateway is attached, with all its users.</summary>
/// <param name="Head">The head to compare with: every event after it is published to the gateway's inbox.</param>
/// <param name="Missed">The notices of comings and goings after the one that the gateway heard last, ascending.</param>
[GenerateSerializer, Immutable, Alias("chat.attended")]
public sealed record Attended([property: Id(0)] RoomHead Head, [property: Id(1)] RoomAttendance[] Missed);

/// <summary>One notice of comings and goings among those of its room.</summary>
/// <param name="Activation">The claim number that the room's activation began with: a newer activation has a higher one.</param>
/// <param name="Number">The notice's number in its activation, from 1; dense.</param>
[GenerateSerializer, Immutable, Alias("chat.notice-mark")]
public readonly record struct NoticeMark([property: Id(0)] long Activation, [property: Id(1)] long Number);
