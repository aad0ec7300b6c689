namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// What a user wants to do in a room. Values can be combined. The numbers are sent between processes: never reuse one.
/// </summary>
[Flags]
public enum RoomAction
{
    None = 0,

    /// <summary>Enter a channel, or become a member of a group.</summary>
    Join = 1,

    /// <summary>Read the events and the members, and see who is in the room.</summary>
    Read = 2,

    /// <summary>Send messages, edit or delete one's own messages, and send typing notices.</summary>
    Write = 4,

    /// <summary>Add and remove reactions.</summary>
    React = 8,

    /// <summary>Invite users to a group.</summary>
    Invite = 16,

    /// <summary>Remove, ban and mute members of a group, and delete messages of other users.</summary>
    Moderate = 32,

    /// <summary>Change the title and the roles of a group.</summary>
    Manage = 64,
}
