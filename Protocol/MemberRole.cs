namespace OrleansChat.Protocol;

/// <summary>The roles of a user in a group.</summary>
public enum MemberRole
{
    /// <summary>
    /// May do everything. Users with another role may give roles and change the settings of the group only if their
    /// token grants this.
    /// </summary>
    Owner,

    /// <summary>
    /// May read, and do what the settings of the group allow to moderators: by default, every
    /// <see cref="GroupAction"/>.
    /// </summary>
    Moderator,

    /// <summary>
    /// May read, and do what the settings of the group allow to members: by default, write, react and invite.
    /// </summary>
    Member,

    /// <summary>Not a member yet, but may join the group.</summary>
    Invited,
}
