using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

internal static class DirectRoom
{
    /// <summary>
    /// Returns the one or two users that the key of a direct conversation names; empty for a channel or group. Null if
    /// the key is malformed.
    /// </summary>
    public static string[]? People(string room)
    {
        try
        {
            return RoomKey.People(room) is var (first, second) ? first == second ? [first] : [first, second] : [];
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
