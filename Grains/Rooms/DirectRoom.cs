using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>Whose a direct conversation is, told by its key alone.</summary>
internal static class DirectRoom
{
    /// <summary>The people of a direct conversation, none for a named room; null for a key that is none.</summary>
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
