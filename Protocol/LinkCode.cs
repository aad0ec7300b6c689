using System.Buffers;
using System.Security.Cryptography;

namespace OrleansChat.Protocol;

/// <summary>
/// The code of an invitation link: 26 to 64 characters of <c>a-z</c> and <c>2-7</c>. The client that makes the link
/// also makes the code, so it can repeat the command with the same code. The server never stores the code.
/// </summary>
public static class LinkCode
{
    /// <summary>Minimum length of a code: the number of characters that 128 random bits need in base32.</summary>
    public const int MinCharacters = 26;

    public const int MaxCharacters = 64;

    /// <summary>The rule for a code, as text for an error.</summary>
    public const string Rule = "a code is 26 to 64 characters of a-z and 2-7; to make one, write 128 random bits in base32 (RFC 4648), in lower case and without padding";

    private static readonly SearchValues<char> Allowed = SearchValues.Create(RoomName.PrivateAlphabet);

    public static bool IsValid(string code) =>
        code.Length is >= MinCharacters and <= MaxCharacters && !code.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>Returns a new random code, which nobody can guess.</summary>
    public static string New() => RandomNumberGenerator.GetString(RoomName.PrivateAlphabet, MinCharacters);
}
