using System.Buffers;

namespace OrleansChat.Protocol;

/// <summary>
/// The name of a channel or group: 1 to 64 characters of <c>a-z</c>, <c>0-9</c>, <c>.</c>, <c>_</c> and <c>-</c>.
/// </summary>
public static class RoomName
{
    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    public static bool IsValid(string name) =>
        name.Length is >= 1 and <= Bounds.RoomNameCharacters && !name.AsSpan().ContainsAnyExcept(Allowed);
}
