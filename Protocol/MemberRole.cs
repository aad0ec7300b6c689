namespace OrleansChat.Protocol;

/// <summary>The roles of a user in a group.</summary>
public enum MemberRole
{
    /// <summary>May do everything that a moderator may, and gives roles.</summary>
    Owner,

    /// <summary>Also removes, mutes and bans users of lower roles, deletes their messages, and sets the title.</summary>
    Moderator,

    /// <summary>Reads, writes, reacts and invites.</summary>
    Member,

    /// <summary>Not a member yet: may join the group.</summary>
    Invited,
}
