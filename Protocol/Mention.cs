namespace OrleansChat.Protocol;

/// <summary>The rules for the names in <c>mentions</c>: each is a user id or <see cref="Everyone"/>.</summary>
public static class Mention
{
    /// <summary>Mentions every user of the room. No user id begins with <c>@</c>, so this is never a user.</summary>
    public const string Everyone = "@everyone";

    /// <summary>The rule for a name, as text for an error.</summary>
    public const string Rule = $"each name in mentions must be a user id without '@' before it, or {Everyone}; {UserId.Rule}";

    public static bool IsValid(string name) => name == Everyone || UserId.IsUser(name);
}
