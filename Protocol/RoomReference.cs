namespace OrleansChat.Protocol;

/// <summary>
/// A user's name for a room. For a channel or group, it is the room's name (<see cref="RoomName"/>). For a direct
/// conversation, it is <c>@</c> and the id of the other user.
/// </summary>
public static class RoomReference
{
    /// <summary>The rule for a reference, as text for an error.</summary>
    public const string Rule = "a room is 1 to 64 of a-z, 0-9, '.', '_' and '-', or '@' and a user id, or '~' and 26 of a-z and 2-7";

    public static bool IsValid(string reference) => User(reference) is { } user ? UserId.IsUser(user) : RoomName.IsValid(reference);

    /// <summary>
    /// Returns the user id in a reference to a direct conversation; null for a channel or group. This method does not
    /// check the id.
    /// </summary>
    public static string? User(string reference) => reference.StartsWith('@') ? reference[1..] : null;

    public static string Direct(string user) => "@" + user;
}
