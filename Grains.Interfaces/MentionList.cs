namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The names that a message mentions: user ids and <see cref="Everyone"/>, as one string with a space between two
/// names. No user id has white space. The list is a string, so that records that contain it compare by value.
/// </summary>
public static class MentionList
{
    /// <summary>Mentions every user of the room. No user id begins with <c>@</c>.</summary>
    public const string Everyone = "@everyone";

    private const char Separator = ' ';

    /// <summary>Makes a list; null for no names.</summary>
    public static string? Create(IReadOnlyCollection<string>? names) => names is { Count: > 0 } ? string.Join(Separator, names) : null;

    /// <summary>The names of a list; empty if the list is null.</summary>
    public static string[] Names(string? mentions) => mentions?.Split(Separator) ?? [];

    /// <summary>Whether the list mentions everyone.</summary>
    public static bool HasEveryone(string? mentions) => Names(mentions).Contains(Everyone);

    /// <summary>Whether the list mentions the user, by the user's id or as everyone.</summary>
    public static bool Has(string? mentions, string user) => mentions is not null && Names(mentions).Any(name => name == user || name == Everyone);
}
