using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>The facts about a room that a decision about rights needs.</summary>
/// <param name="Room">The room's key.</param>
/// <param name="Seq">The newest sequence; 0 for none.</param>
/// <param name="Members">Number of members of a group.</param>
/// <param name="Owners">Number of owners of a group.</param>
/// <param name="Now">
/// The current time in milliseconds since 1970 UTC. A ban or mute that has ended counts as none.
/// </param>
internal readonly record struct RoomState(string Room, RoomKind Kind, long Seq, int Members, int Owners, long Now);

/// <summary>An event that a user wants to append.</summary>
/// <param name="Target">The user whose rights the event changes; null for an event that changes no rights.</param>
/// <param name="Role">The new role of the target.</param>
/// <param name="Author">
/// The author of the message that the event refers to; null if it is not known yet. For
/// <see cref="RoomEventKind.Unlink"/>: the user who made the link; null if there is no such link.
/// </param>
/// <param name="IsWellFormed">
/// False if the event lacks a field that its kind requires, or has a field of another kind.
/// </param>
internal readonly record struct EventRequest(
    RoomEventKind Kind, Member? Target = null, RoomRole? Role = null, Member? Author = null, bool IsWellFormed = true);
