using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

internal static class DirectRoom
{
    /// <summary>
    /// Returns the one or two users that the key of a direct conversation names. Returns an empty array for a channel
    /// or group, and null for a malformed key.
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
