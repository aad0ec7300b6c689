namespace OrleansChat.Protocol;

/// <summary>The settings of a group. In a frame from the server, only <paramref name="Slow"/> can be null.</summary>
/// <param name="Private">
/// Whether users need an invitation or an invitation link to join. In a command: null for the default of the group.
/// </param>
/// <param name="Members">What members may do, besides reading. In a command: null for the default.</param>
/// <param name="Moderators">What moderators may do, besides reading. In a command: null for the default.</param>
/// <param name="Slow">
/// Slow mode: a user who may not moderate may send one message per this number of seconds. 0 or null if slow mode is
/// off.
/// </param>
public sealed record GroupSettings(bool? Private, GroupActions? Members, GroupActions? Moderators, int? Slow = null);

/// <summary>
/// A set of actions. The <see cref="GroupAction"/> with the number n has the flag <c>1 &lt;&lt; n</c>.
/// </summary>
[Flags]
public enum GroupActions
{
    None = 0,

    Write = 1 << GroupAction.Write,

    React = 1 << GroupAction.React,

    Invite = 1 << GroupAction.Invite,

    Moderate = 1 << GroupAction.Moderate,

    Manage = 1 << GroupAction.Manage,

    Pin = 1 << GroupAction.Pin,

    All = Write | React | Invite | Moderate | Manage | Pin,
}

/// <summary>The actions that the settings of a group can allow to members and moderators.</summary>
public enum GroupAction
{
    /// <summary>Send messages, edit own messages, and send typing notices.</summary>
    Write,

    /// <summary>Add and remove reactions.</summary>
    React,

    /// <summary>Invite users, and make invitation links.</summary>
    Invite,

    /// <summary>
    /// Remove, ban and mute users of lower roles, and lift their bans and mutes. Delete messages of users of lower
    /// roles, and end their invitation links. Mention every user of the room.
    /// </summary>
    Moderate,

    /// <summary>Set the title.</summary>
    Manage,

    /// <summary>Pin and unpin messages.</summary>
    Pin,
}
