using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Sessions;

/// <summary>A room has one key and, where it is a direct conversation, two names: <c>@bob</c> as Alice writes it is <c>@alice</c> as Bob does.</summary>
internal static class RoomNames
{
    /// <summary>The key of the room that <paramref name="user"/> calls <paramref name="name"/>.</summary>
    public static string KeyOf(string name, string user) => name.StartsWith('@') ? RoomKey.Direct(user, name[1..]) : name;

    /// <summary>What <paramref name="user"/>, who is one of its people, calls the room with this key.</summary>
    public static string NameOf(string key, string user) => RoomKey.IsDirect(key) ? "@" + RoomKey.Peer(key, user) : key;
}
