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
/// <param name="Settings">The settings of a group; null for the defaults.</param>
internal readonly record struct RoomState(
    string Room, RoomKind Kind, long Seq, int Members, int Owners, long Now, RoomSettings? Settings = null)
{
    /// <summary>
    /// Whether a user needs an invitation or a link to join. A group that the server named is always private, and
    /// outsiders must not learn that it exists. Any other group can be private too, but all users may know that it
    /// exists.
    /// </summary>
    public bool IsPrivate => Rules.Private;

    private RoomSettings Rules => Settings ?? RoomSettings.Default(Room);

    /// <summary>
    /// Whether the group's settings allow the action to a user with this role. In a channel or direct room, the default
    /// settings apply.
    /// </summary>
    public bool Allows(RoomRole role, RoomAction action) => Rules.Allows(role, action);
}

/// <summary>An event that a user wants to append.</summary>
/// <param name="Target">The user whose rights the event changes; null for an event that changes no rights.</param>
/// <param name="Role">The new role of the target.</param>
/// <param name="Author">
/// The author of the message that the event refers to; null if it is not known yet. For
/// <see cref="RoomEventKind.Unlink"/>: the user who made the link; null if there is no such link.
/// </param>
/// <param name="Settings">The new settings; null for an event that changes none.</param>
/// <param name="IsWellFormed">
/// False if the event lacks a field that its kind requires, or has a field that only other kinds have.
/// </param>
/// <param name="MentionsEveryone">Whether a message mentions everyone.</param>
/// <param name="Blocked">
/// Which of the two people of a direct room blocks the other one; <see cref="DirectBlock.None"/> in other rooms.
/// </param>
internal readonly record struct EventRequest(
    RoomEventKind Kind, Member? Target = null, RoomRole? Role = null, Member? Author = null, bool IsWellFormed = true,
    RoomSettings? Settings = null, bool MentionsEveryone = false, DirectBlock Blocked = DirectBlock.None);

/// <summary>Which of the two people of a direct room blocks the other one, as the sender of an event sees it.</summary>
internal enum DirectBlock
{
    None,

    /// <summary>The sender blocks the other person. The other person may block the sender too.</summary>
    ByActor,

    /// <summary>Only the other person blocks the sender.</summary>
    ByOther,
}
