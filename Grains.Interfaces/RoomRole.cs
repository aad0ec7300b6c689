namespace OrleansChat.Grains.Interfaces;

/// <summary>The role of a user in a group. The numbers are stored: never reuse one.</summary>
public enum RoomRole
{
    /// <summary>The user is not a member. The user may still be banned or muted.</summary>
    None = 0,

    /// <summary>Reads, writes, reacts and invites.</summary>
    Member = 1,

    /// <summary>A member who also removes, mutes and bans users of lower roles, and deletes their messages.</summary>
    Moderator = 2,

    /// <summary>A member who may do everything that a moderator may, and who gives roles.</summary>
    Owner = 3,

    /// <summary>Not a member yet: may join a private group.</summary>
    Invited = 4,
}
