namespace OrleansChat.Protocol;

/// <summary>
/// A room as a user names it: its name (<see cref="RoomName"/>), or <c>@</c> and a user id for the direct conversation
/// with that user.
/// </summary>
public static class RoomReference
{
    /// <summary>The rule for a reference, as text for an error.</summary>
    public const string Rule = "a room is 1 to 64 of a-z, 0-9, '.', '_' and '-', or '@' and a user id, or '~' and 26 of a-z and 2-7";

    public static bool IsValid(string reference) => User(reference) is { } user ? UserId.IsUser(user) : RoomName.IsValid(reference);

    /// <summary>
    /// The user that a reference to a direct conversation names; null for a channel or group. The id is not checked.
    /// </summary>
    public static string? User(string reference) => reference.StartsWith('@') ? reference[1..] : null;

    public static string Direct(string user) => "@" + user;
}
