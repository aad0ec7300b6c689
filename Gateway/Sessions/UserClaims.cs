using OrleansChat.Gateway.Access;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The actions that a user's token grants in the rooms that match the token's patterns.</summary>
internal sealed class UserClaims
{
    private readonly (string Prefix, bool IsExact, RoomAction Actions)[] _patterns;

    private UserClaims(RightsClaim claim) => _patterns =
    [
        .. claim.Patterns.Select(one => (
            one.Pattern.TrimEnd('*'), !one.Pattern.EndsWith('*'), one.Actions.Aggregate(RoomAction.None, (actions, word) => actions | ActionOf(word)))),
    ];

    /// <summary>Returns null if the token grants nothing.</summary>
    public static UserClaims? From(RightsClaim? claim) => claim is { Patterns.Count: > 0 } ? new(claim) : null;

    /// <summary>
    /// Returns the actions of all patterns that match the room. In a direct room, a token grants nothing.
    /// </summary>
    /// <param name="room">The room's key.</param>
    public RoomAction In(string room)
    {
        var actions = RoomAction.None;
        if (!RoomKey.IsDirect(room))
        {
            foreach (var pattern in _patterns)
            {
                if (pattern.IsExact ? room == pattern.Prefix : room.StartsWith(pattern.Prefix, StringComparison.Ordinal))
                {
                    actions |= pattern.Actions;
                }
            }
        }

        return actions;
    }

    private static RoomAction ActionOf(string word) => word switch
    {
        "join" => RoomAction.Join,
        "read" => RoomAction.Read,
        "write" => RoomAction.Write,
        "react" => RoomAction.React,
        "invite" => RoomAction.Invite,
        "moderate" => RoomAction.Moderate,
        "manage" => RoomAction.Manage,
        "pin" => RoomAction.Pin,
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, "not an action of a claim"),
    };
}
