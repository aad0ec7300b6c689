namespace OrleansChat.Protocol;

/// <summary>
/// What a user calls a room: a channel or group by its name (<see cref="RoomName"/>), a direct conversation by <c>@</c>
/// and the id of the other user.
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
