using System.Text.Json;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// A change of a user's rights in a group, as it is stored in an event. The event's text is the user. Its meta is null
/// or a JSON object with one field: <c>role</c>, a number of <see cref="RoomRole"/>, or <c>until</c>, in milliseconds
/// since 1970 UTC. Both are stored: do not change them.
/// </summary>
/// <param name="User">The user whose rights change.</param>
/// <param name="Role">For <see cref="RoomEventKind.Role"/>: the new role. Otherwise null.</param>
/// <param name="Until">
/// For <see cref="RoomEventKind.Ban"/> and <see cref="RoomEventKind.Mute"/>: when it ends, in milliseconds since 1970
/// UTC; null for never.
/// </param>
public sealed record MemberChange(string User, RoomRole? Role = null, long? Until = null)
{
    /// <summary>The number that stands for the end of a ban or mute that never ends.</summary>
    public const long Forever = long.MaxValue;

    /// <summary>
    /// The sender of events that the server makes without a command of a user. No user can have this id, because a user
    /// id never begins with <c>@</c>.
    /// </summary>
    public const string ServerUser = "@system";

    /// <summary>Whether events of this kind change the rights of a user.</summary>
    public static bool Is(RoomEventKind kind) => kind is >= RoomEventKind.Invite and <= RoomEventKind.Role;

    /// <summary>Reads the change from an event; null if the kind changes no user's rights.</summary>
    public static MemberChange? Parse(RoomEventKind kind, string? text, string? meta)
    {
        if (!Is(kind) || text is null)
        {
            return null;
        }

        using var json = meta is null ? null : JsonDocument.Parse(meta);
        return new(text, (RoomRole?)Number("role"), Number("until"));

        long? Number(string name) => json is not null && json.RootElement.TryGetProperty(name, out var value) ? value.GetInt64() : null;
    }

    /// <summary>The meta of the event; null if the change is complete without it.</summary>
    public string? ToMeta() => this switch
    {
        { Role: { } role } => $$"""{"role":{{(int)role}}}""",
        { Until: { } until } => $$"""{"until":{{until}}}""",
        _ => null,
    };

    /// <summary>
    /// The user whose membership the event ended, if the user was a member; null for an event that ends no membership.
    /// </summary>
    public static string? Ended(RoomEvent happened) => happened.Kind switch
    {
        RoomEventKind.Leave => happened.From,
        RoomEventKind.Kick or RoomEventKind.Ban => happened.Text,
        _ => null,
    };
}
