using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol;

/// <summary>The words that JSON and text mode use for the values of <see cref="GroupAction"/>.</summary>
internal static class GroupActionWords
{
    public static IReadOnlyList<string> All { get; } = List(GroupActions.All);

    /// <summary>The words of the actions in a set, in the order of <see cref="GroupAction"/>.</summary>
    public static IReadOnlyList<string> List(GroupActions actions) =>
    [
        .. Enum.GetValues<GroupAction>().Where(action => actions.HasFlag(Flag(action))).Select(action => Words<GroupAction>.Of(action).Value),
    ];

    /// <summary>The action with this word; <see cref="GroupActions.None"/> if there is none.</summary>
    public static GroupActions Find(string word) => Enum.GetValues<GroupAction>().Where(action => Words<GroupAction>.Of(action).Value == word)
        .Select(Flag).FirstOrDefault();

    private static GroupActions Flag(GroupAction action) => (GroupActions)(1 << (int)action);
}
