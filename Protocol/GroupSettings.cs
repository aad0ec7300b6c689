namespace OrleansChat.Protocol;

/// <summary>The settings of a group. In a frame from the server, no field is null.</summary>
/// <param name="Private">Whether only invited users may join. In a command: null for the default of the group.</param>
/// <param name="Members">What members may do, besides reading. In a command: null for the default.</param>
/// <param name="Moderators">What moderators may do, besides reading. In a command: null for the default.</param>
public sealed record GroupSettings(bool? Private, GroupActions? Members, GroupActions? Moderators);

/// <summary>A set of actions. Each flag is one shifted left by the number of the <see cref="GroupAction"/>.</summary>
[Flags]
public enum GroupActions
{
    None = 0,

    Write = 1 << GroupAction.Write,

    React = 1 << GroupAction.React,

    Invite = 1 << GroupAction.Invite,

    Moderate = 1 << GroupAction.Moderate,

    Manage = 1 << GroupAction.Manage,

    All = Write | React | Invite | Moderate | Manage,
}

/// <summary>The actions that the settings of a group allow to members and moderators.</summary>
public enum GroupAction
{
    /// <summary>Send messages, edit own messages, and send typing notices.</summary>
    Write,

    /// <summary>Add and remove reactions.</summary>
    React,

    /// <summary>Invite users.</summary>
    Invite,

    /// <summary>
    /// Remove, ban and mute users of lower roles, lift bans and mutes, and delete messages of users of lower roles.
    /// </summary>
    Moderate,

    /// <summary>Set the title.</summary>
    Manage,
}
