using System.Buffers;

namespace OrleansChat.Protocol;

/// <summary>
/// The name of a channel or group: 1 to 64 characters of <c>a-z</c>, <c>0-9</c>, <c>.</c>, <c>_</c> and <c>-</c>. If
/// the server makes the name of a group, the name is <c>~</c> and 26 characters of <c>a-z</c> and <c>2-7</c>. Such a
/// group is always private.
/// </summary>
public static class RoomName
{
    /// <summary>
    /// The characters that may follow <see cref="PrivateMark"/>: the alphabet of base32 (RFC 4648), in lower case.
    /// </summary>
    public const string PrivateAlphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>
    /// The number of characters after <see cref="PrivateMark"/>. They encode 130 bits.
    /// </summary>
    public const int PrivateCharacters = 26;

    /// <summary>The first character of a name that the server makes.</summary>
    public const char PrivateMark = '~';

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> AllowedPrivate = SearchValues.Create(PrivateAlphabet);

    public static bool IsValid(string name) => name.StartsWith(PrivateMark)
        ? name.Length == 1 + PrivateCharacters && !name.AsSpan(1).ContainsAnyExcept(AllowedPrivate)
        : name.Length is >= 1 and <= Bounds.RoomNameCharacters && !name.AsSpan().ContainsAnyExcept(Allowed);
}
