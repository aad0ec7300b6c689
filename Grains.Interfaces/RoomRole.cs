namespace OrleansChat.Grains.Interfaces;

/// <summary>The role of a user in a group. The numbers are stored: never reuse one.</summary>
public enum RoomRole
{
    /// <summary>The user is neither a member nor invited, but can be banned or muted.</summary>
    None = 0,

    /// <summary>May read, and take the actions of <see cref="RoomSettings.Members"/>.</summary>
    Member = 1,

    /// <summary>May read, and take the actions of <see cref="RoomSettings.Moderators"/>.</summary>
    Moderator = 2,

    /// <summary>May take every action, give roles and change the settings.</summary>
    Owner = 3,

    /// <summary>The user is not a member yet, but may join the group, even if the group is private.</summary>
    Invited = 4,
}
