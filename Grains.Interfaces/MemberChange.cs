using System.Text.Json;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// A change of a user's rights in a group, as an event stores it. The event's text is the user id. The event's meta is
/// null or a JSON object: <c>role</c> has the number of a <see cref="RoomRole"/>, and <c>until</c> has milliseconds
/// since 1970 UTC. Never change this format, because the log has events in this format.
/// </summary>
/// <param name="User">The user whose rights change.</param>
/// <param name="Role">For <see cref="RoomEventKind.Role"/>: the new role. Otherwise null.</param>
/// <param name="Until">
/// For <see cref="RoomEventKind.Ban"/> and <see cref="RoomEventKind.Mute"/>: when the ban or mute ends, in milliseconds
/// since 1970 UTC; null if it never ends. Otherwise null.
/// </param>
public sealed record MemberChange(string User, RoomRole? Role = null, long? Until = null)
{
    /// <summary>
    /// The end of a ban or mute that never ends, in <see cref="Member.BannedUntil"/> and
    /// <see cref="Member.MutedUntil"/>.
    /// </summary>
    public const long Forever = long.MaxValue;

    /// <summary>
    /// The sender of events that the server makes without a command of a user. No user can have this id, because a user
    /// id never begins with <c>@</c>.
    /// </summary>
    public const string ServerUser = "@system";

    /// <summary>Whether events of this kind change the rights of a user.</summary>
    public static bool Is(RoomEventKind kind) => kind is >= RoomEventKind.Invite and <= RoomEventKind.Role;

    /// <summary>
    /// Reads the change from an event's fields; null if the kind changes no user's rights, or if the text is null.
    /// </summary>
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

    /// <summary>Returns the event's meta; null if the change has neither a role nor an end.</summary>
    public string? ToMeta() => this switch
    {
        { Role: { } role } => $$"""{"role":{{(int)role}}}""",
        { Until: { } until } => $$"""{"until":{{until}}}""",
        _ => null,
    };

    /// <summary>
    /// Returns the user who left, was removed or was banned by an event; null for an event of another kind. It is
    /// possible that the user was not a member before.
    /// </summary>
    public static string? Ended(RoomEvent happened) => happened.Kind switch
    {
        RoomEventKind.Leave => happened.From,
        RoomEventKind.Kick or RoomEventKind.Ban => happened.Text,
        _ => null,
    };
}
