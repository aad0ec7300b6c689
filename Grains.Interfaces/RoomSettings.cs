using System.Text.Json;

namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The settings of a group. The meta of a <see cref="RoomEventKind.Settings"/> event has them as a JSON object with
/// these fields: <c>private</c> is true or false, <c>members</c> and <c>moderators</c> are the numeric values of the
/// allowed <see cref="RoomAction"/> flags, and <c>slow</c> is a number, absent for 0. Never change this format, because
/// the log has events in this format.
/// </summary>
/// <param name="Private">Whether users need an invitation or an invitation link to join.</param>
/// <param name="Members">What a member may do.</param>
/// <param name="Moderators">What a moderator may do. An owner may do everything.</param>
/// <param name="Slow">
/// Slow mode: a user who may not moderate may send one message per this number of seconds; 0 if slow mode is off.
/// </param>
[GenerateSerializer, Immutable, Alias("chat.room-settings")]
public sealed record RoomSettings(
    [property: Id(0)] bool Private,
    [property: Id(1)] RoomAction Members = RoomSettings.DefaultMembers,
    [property: Id(2)] RoomAction Moderators = RoomSettings.DefaultModerators,
    [property: Id(3)] int Slow = 0)
{
    /// <summary>The actions that the settings can allow.</summary>
    public const RoomAction All = RoomAction.Write | RoomAction.React | RoomAction.Invite | RoomAction.Moderate | RoomAction.Manage | RoomAction.Pin;

    public const RoomAction DefaultMembers = RoomAction.Write | RoomAction.React | RoomAction.Invite;

    public const RoomAction DefaultModerators = All;

    /// <summary>Maximum number of seconds of slow mode: six hours.</summary>
    public const int MaxSlow = 21_600;

    private static readonly RoomSettings Public = new(false);
    private static readonly RoomSettings Closed = new(true);

    /// <summary>
    /// The settings of a group that has no <see cref="RoomEventKind.Settings"/> event. A group that the server named is
    /// private.
    /// </summary>
    public static RoomSettings Default(string room) => RoomKey.IsPrivate(room) ? Closed : Public;

    /// <summary>Whether a user with this role may take the action, by these settings.</summary>
    public bool Allows(RoomRole role, RoomAction action) => role switch
    {
        RoomRole.Owner => true,
        RoomRole.Moderator => Moderators.HasFlag(action),
        RoomRole.Member => Members.HasFlag(action),
        _ => false,
    };

    /// <summary>Returns the meta of an event with these settings.</summary>
    public string ToMeta() =>
        $$"""{"private":{{(Private ? "true" : "false")}},"members":{{(int)Members}},"moderators":{{(int)Moderators}}{{(Slow == 0 ? "" : $",\"slow\":{Slow}")}}}""";

    /// <summary>
    /// Reads the settings from an event's meta; null if the meta is null or was not written by <see cref="ToMeta"/>.
    /// </summary>
    public static RoomSettings? Parse(string? meta)
    {
        if (meta is null)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(meta);
            var root = json.RootElement;
            var slow = root.TryGetProperty("slow", out var seconds) ? seconds.GetInt32() : 0;
            var settings = new RoomSettings(root.GetProperty("private").GetBoolean(), Actions("members"), Actions("moderators"), slow);
            return settings.ToMeta() == meta && ((settings.Members | settings.Moderators) & ~All) == 0 && slow is >= 0 and <= MaxSlow ? settings : null;

            RoomAction Actions(string name) => (RoomAction)root.GetProperty(name).GetInt32();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }
}
