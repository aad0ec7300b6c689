using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>Converts the settings of groups between the grains' records and frames or commands.</summary>
internal static partial class FrameMapping
{
    private static GroupSettings Settings(RoomSettings settings) =>
        new(settings.Private, Actions(settings.Members), Actions(settings.Moderators), settings.Slow > 0 ? settings.Slow : null);

    /// <summary>
    /// Makes the grains' record from the settings in a command. A field that is absent gets the default of the group.
    /// </summary>
    private static RoomSettings Settings(GroupSettings settings, string room)
    {
        var unset = RoomSettings.Default(room);
        return new(
            settings.Private ?? unset.Private, settings.Members is { } members ? Actions(members) : unset.Members,
            settings.Moderators is { } moderators ? Actions(moderators) : unset.Moderators, settings.Slow ?? unset.Slow);
    }

    private static GroupActions Actions(RoomAction actions) =>
        ActionPairs.Where(pair => actions.HasFlag(pair.Room)).Aggregate(GroupActions.None, (set, pair) => set | pair.Group);

    private static RoomAction Actions(GroupActions actions) =>
        ActionPairs.Where(pair => actions.HasFlag(pair.Group)).Aggregate(RoomAction.None, (set, pair) => set | pair.Room);

    private static readonly (RoomAction Room, GroupActions Group)[] ActionPairs =
    [
        (RoomAction.Write, GroupActions.Write),
        (RoomAction.React, GroupActions.React),
        (RoomAction.Invite, GroupActions.Invite),
        (RoomAction.Moderate, GroupActions.Moderate),
        (RoomAction.Manage, GroupActions.Manage),
        (RoomAction.Pin, GroupActions.Pin),
    ];
}
