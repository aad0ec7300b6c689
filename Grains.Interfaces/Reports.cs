namespace OrleansChat.Grains.Interfaces;

/// <summary>A request to report a message to the moderators of its room.</summary>
/// <param name="User">The user who reports.</param>
/// <param name="Message">The sequence of the message.</param>
/// <param name="Reason">The reason that the user gave; null for none.</param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
[GenerateSerializer, Immutable, Alias("chat.report-ask")]
public sealed record ReportAsk(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] long Message, [property: Id(3)] string? Reason,
    [property: Id(4)] RoomAction Claimed = RoomAction.None);

/// <summary>A request for the reports of a room.</summary>
/// <param name="User">The user who asks.</param>
/// <param name="Limit">Maximum number of reports. A number above 100 counts as 100.</param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
[GenerateSerializer, Immutable, Alias("chat.reports-ask")]
public sealed record ReportsAsk(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] int Limit, [property: Id(3)] RoomAction Claimed = RoomAction.None);

/// <summary>A request to remove all reports of a message.</summary>
/// <param name="User">The user who asks.</param>
/// <param name="Message">The sequence of the message.</param>
/// <param name="Claimed">The actions that the user's token grants in this room.</param>
[GenerateSerializer, Immutable, Alias("chat.dismiss-ask")]
public sealed record DismissAsk(
    [property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] long Message,
    [property: Id(3)] RoomAction Claimed = RoomAction.None);

/// <summary>The newest reports of a room.</summary>
/// <param name="More">True if there are older reports.</param>
/// <param name="Refusal">
/// Why the request was refused; null if the reports were read. If the user may not read the room,
/// <see cref="Refused.Message"/> is empty.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.reports")]
public sealed record ReportPage([property: Id(0)] MessageReport[] Reports, [property: Id(1)] bool More, [property: Id(2)] Refused? Refusal);

/// <summary>A report of a message.</summary>
/// <param name="Message">The sequence of the message.</param>
/// <param name="Author">The author of the message.</param>
/// <param name="User">The user who reported the message.</param>
/// <param name="Ts">When the message was reported, in milliseconds since 1970 UTC.</param>
/// <param name="Reason">The reason that the user gave; null for none.</param>
[GenerateSerializer, Immutable, Alias("chat.report")]
public sealed record MessageReport(
    [property: Id(0)] long Message, [property: Id(1)] string Author, [property: Id(2)] string User, [property: Id(3)] long Ts,
    [property: Id(4)] string? Reason);
