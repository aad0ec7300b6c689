using System.Security.Cryptography;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Converts between keys and names of rooms. A room has one key. A direct conversation has two names: Alice calls it
/// <c>@bob</c>, and Bob calls it <c>@alice</c>.
/// </summary>
internal static class RoomNames
{
    /// <summary>
    /// A new name for a private group. It has 130 random bits, so nobody can guess it, and no two calls return the same
    /// name.
    /// </summary>
    public static string NewPrivate() =>
        RoomName.PrivateMark + RandomNumberGenerator.GetString(RoomName.PrivateAlphabet, RoomName.PrivateCharacters);

    /// <summary>The key of the room that <paramref name="user"/> calls <paramref name="name"/>.</summary>
    public static string ToKey(string name, string user) => name.StartsWith('@') ? RoomKey.Direct(user, name[1..]) : name;

    /// <summary>
    /// The name that <paramref name="user"/> uses for the room with this key. The user must be one of the two people of
    /// a direct conversation.
    /// </summary>
    public static string ToName(string key, string user) => RoomKey.IsDirect(key) ? "@" + RoomKey.Peer(key, user) : key;
}
