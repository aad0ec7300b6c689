namespace OrleansChat.Grains.Interfaces;

/// <summary>The role of a user in a group. The numbers are stored: never reuse one.</summary>
public enum RoomRole
{
    /// <summary>The user is not a member. The user may still be banned or muted.</summary>
    None = 0,

    /// <summary>Reads, writes, reacts and invites.</summary>
    Member = 1,

    /// <summary>
    /// A member who also removes, mutes and bans users of lower rank, deletes their messages, and sets titles.
    /// </summary>
    Moderator = 2,

    /// <summary>A moderator who also gives roles.</summary>
    Owner = 3,

    /// <summary>The user is not a member yet, but may join the group, even if the group is private.</summary>
    Invited = 4,
}
