namespace OrleansChat.Protocol;

/// <summary>A room as a user writes it: its name, or <c>@</c> and a user id for the direct conversation with that user.</summary>
public static class RoomReference
{
    /// <summary>What a reference must be, for people who meant well.</summary>
    public const string Rule = "a room is 1 to 64 of a-z, 0-9, '.', '_' and '-', or '@' and a user";

    /// <summary>True for what can name a room.</summary>
    public static bool IsValid(string reference) => User(reference) is { } user ? UserId.IsValid(user) : RoomName.IsValid(reference);

    /// <summary>The user whom a reference to a direct conversation names; null for a named room.</summary>
    public static string? User(string reference) => reference.StartsWith('@') ? reference[1..] : null;

    /// <summary>The reference to the direct conversation with a user.</summary>
    public static string Direct(string user) => "@" + user;
}
