using System.Buffers;
using System.Text;

namespace OrleansChat.Protocol;

/// <summary>
/// Who somebody is: 1 to 64 code points in NFC, case-sensitive, without white space, controls, lone surrogates, <c>@</c> and <c>:</c>.
/// Two ids are one person exactly when they are the same code points; NFC keeps an accent typed in two ways from making two people.
/// </summary>
public static class UserId
{
    /// <summary>What a user id must be, for people who meant well.</summary>
    public const string Rule = "a user is 1 to 64 characters in NFC without white space, controls, '@' and ':'";

    /// <summary>True for an id that a user may have.</summary>
    public static bool IsValid(string id)
    {
        var codePoints = 0;
        var rest = id.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != OperationStatus.Done
                || ++codePoints > Bounds.UserIdCodePoints
                || Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || rune.Value is '@' or ':')
            {
                return false;
            }

            rest = rest[length..];
        }

        return codePoints > 0 && NormalForm.IsComposed(id);
    }
}
