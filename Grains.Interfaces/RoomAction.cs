namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// What a user can do in a room. Values can be combined. The numbers are stored and are sent between processes: never
/// reuse one.
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

    /// <summary>Invite users to a group, and make invitation links.</summary>
    Invite = 16,

    /// <summary>
    /// Remove, ban and mute users of lower roles. Lift bans and mutes. Delete the messages, and end the invitation
    /// links, of users of lower roles. Mention everyone in a message.
    /// </summary>
    Moderate = 32,

    /// <summary>
    /// Set the title of a group. A user to whom a token or the authorizer grants this action may also give roles and
    /// change the settings.
    /// </summary>
    Manage = 64,

    /// <summary>
    /// Pin and unpin messages of a group. In a channel, <see cref="Moderate"/> allows this. In a direct room,
    /// <see cref="Write"/> allows it.
    /// </summary>
    Pin = 128,
}
