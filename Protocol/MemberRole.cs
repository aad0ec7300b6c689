namespace OrleansChat.Protocol;

/// <summary>The roles of a user in a group.</summary>
public enum MemberRole
{
    /// <summary>May do everything that a moderator may do, and may also give roles.</summary>
    Owner,

    /// <summary>
    /// May do everything that a member may do. May also remove, mute and ban users of lower roles, delete their
    /// messages, lift bans and set the title.
    /// </summary>
    Moderator,

    /// <summary>May read, write, react and invite.</summary>
    Member,

    /// <summary>Not a member yet, but may join the group.</summary>
    Invited,
}
