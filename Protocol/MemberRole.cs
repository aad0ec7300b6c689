namespace OrleansChat.Protocol;

/// <summary>The roles of a user in a group.</summary>
public enum MemberRole
{
    /// <summary>A moderator who also gives roles.</summary>
    Owner,

    /// <summary>
    /// A member who also removes, mutes and bans users of lower rank, deletes their messages, and sets titles.
    /// </summary>
    Moderator,

    /// <summary>Reads, writes, reacts and invites.</summary>
    Member,

    /// <summary>Not a member yet, but may join the group.</summary>
    Invited,
}
