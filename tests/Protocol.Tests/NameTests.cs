using System.Globalization;
using System.Text;

namespace OrleansChat.Protocol.Tests;

public sealed class NameTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("lobby-2.0_x", true)]
    [InlineData("..", true)]
    [InlineData("", false)]
    [InlineData("Lobby", false)]
    [InlineData("a room", false)]
    [InlineData("é", false)]
    [InlineData("a/b", false)]
    [InlineData("@a", false)]
    [InlineData("a\n", false)]
    public void RoomName_WhenChecked_AllowsOnlyItsCharacters(string name, bool isValid) => Assert.Equal(isValid, RoomName.IsValid(name));

    [Theory]
    [InlineData("alice", true)]
    [InlineData("Alice", true)]
    [InlineData("张三", true)]
    [InlineData("😀", true)]
    [InlineData("o'neil/\"<", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a\u00A0b", false)]
    [InlineData("a\u2003b", false)]
    [InlineData("a\u3000b", false)]
    [InlineData("a\tb", false)]
    [InlineData("a\0b", false)]
    [InlineData("a\u007Fb", false)]
    [InlineData("a\u0085b", false)]
    [InlineData("a@b", true)]
    [InlineData("ann@x.org", true)]
    [InlineData("a:b", true)]
    [InlineData(":", true)]
    [InlineData("auth0|5f7c8ec7c33c6c004bbafe82", true)]
    [InlineData("https://id.example/42", true)]
    [InlineData("@ann", false)]
    [InlineData("guest-1a2b3c4d", false)]
    [InlineData("guest-", false)]
    [InlineData("guest", true)]
    [InlineData("Guest-1", true)]
    public void UserId_WhenChecked_AllowsOnlyVisibleCharacters(string id, bool isValid) => Assert.Equal(isValid, UserId.IsValid(id));

    [Theory]
    [InlineData(0x00AD, "soft hyphen")]
    [InlineData(0x034F, "combining grapheme joiner")]
    [InlineData(0x061C, "Arabic letter mark")]
    [InlineData(0x115F, "Hangul filler")]
    [InlineData(0x1160, "Hangul filler")]
    [InlineData(0x17B4, "Khmer vowel")]
    [InlineData(0x180B, "Mongolian selector")]
    [InlineData(0x180E, "Mongolian vowel separator")]
    [InlineData(0x200B, "zero width space")]
    [InlineData(0x200C, "zero width non-joiner")]
    [InlineData(0x200D, "zero width joiner")]
    [InlineData(0x202E, "right-to-left override")]
    [InlineData(0x2063, "invisible separator")]
    [InlineData(0x2800, "blank Braille pattern")]
    [InlineData(0x3164, "Hangul filler")]
    [InlineData(0xE000, "private use")]
    [InlineData(0xFE0F, "variation selector")]
    [InlineData(0xFEFF, "byte order mark")]
    [InlineData(0xFFA0, "halfwidth Hangul filler")]
    [InlineData(0xFFFD, "replacement character")]
    [InlineData(0xFFFF, "noncharacter")]
    [InlineData(0x0378, "unassigned")]
    [InlineData(0xE0061, "tag")]
    [InlineData(0xE0100, "variation selector")]
    [InlineData(0x10FFFD, "private use")]
    public void UserId_WhenACharacterIsInvisible_IsRefused(int codePoint, string because)
    {
        Assert.False(UserId.IsUser($"al{char.ConvertFromUtf32(codePoint)}ice"), because);
    }

    [Fact]
    public void GuestId_WhenChecked_IsValidOnlyInAReference()
    {
        Assert.True(RoomReference.IsValid("@guest-1a2b3c4d"));
        Assert.False(UserId.IsValid("guest-1a2b3c4d"));
    }

    [Fact]
    public void UserId_WhenASurrogateIsUnpaired_IsRefused()
    {
        // These ids cannot be InlineData: attributes are stored as UTF-8, which cannot encode an unpaired surrogate.
        Assert.False(UserId.IsValid("a\ud800"));
        Assert.False(UserId.IsValid("\ude00\ud83d"));
        Assert.False(UserId.IsValid("\udc00a"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("😀")]
    public void Name_WhenItsLengthIsChecked_CountsCodePoints(string character)
    {
        Assert.True(UserId.IsValid(string.Concat(Enumerable.Repeat(character, 128))));
        Assert.False(UserId.IsValid(string.Concat(Enumerable.Repeat(character, 129))));
        Assert.True(RoomName.IsValid(new string('x', 64)));
        Assert.False(RoomName.IsValid(new string('x', 65)));
    }

    [Theory]
    [InlineData("lobby", true)]
    [InlineData("@bob", true)]
    [InlineData("@Bob", true)]
    [InlineData("@", false)]
    [InlineData("@a@b", true)]
    [InlineData("@ann@x.org", true)]
    [InlineData("@a:b", true)]
    [InlineData("@@a", false)]
    [InlineData("~abcdefghijklmnopqrstuvwxyz", true)]
    [InlineData("~22222222222222222222234567", true)]
    [InlineData("~abcdefghijklmnopqrstuvwxy", false)]
    [InlineData("~abcdefghijklmnopqrstuvwxyza", false)]
    [InlineData("~abcdefghijklmnopqrstuvwxy1", false)]
    [InlineData("~Abcdefghijklmnopqrstuvwxyz", false)]
    [InlineData("~", false)]
    [InlineData("a~", false)]
    [InlineData("", false)]
    [InlineData("Bob", false)]
    public void RoomReference_WhenChecked_AllowsRoomNamesAndUsers(string reference, bool isValid) => Assert.Equal(isValid, RoomReference.IsValid(reference));

    [Fact]
    public void RoomReference_WhenTheRoomIsDirect_NamesItsUser()
    {
        Assert.Equal("bob", RoomReference.User(RoomReference.Direct("bob")));
        Assert.Null(RoomReference.User("bob"));
    }

    [Theory]
    [InlineData("e\u0301", "a letter and an accent, for which a single character exists")]
    [InlineData("\u212B", "the ångström sign, which normalizes to a letter")]
    [InlineData("\u0915\u093C\u0301\u0323", "marks that are out of order")]
    [InlineData("q\u0307\u0323", "marks that are out of order, on a letter that composes with neither mark")]
    [InlineData("a\u0323\u0302", "a letter and two marks, for which a single character exists")]
    [InlineData("s\u0323\u0307", "a consonant and two marks, for which a single character exists")]
    [InlineData("\u1E63\u0307", "a letter that has a mark and composes with another mark")]
    [InlineData("\u00C2\u0323", "a letter that has a mark, followed by a mark that belongs before the first mark")]
    [InlineData("a\u0327\u0301", "a letter and two marks, of which only the second composes with the letter")]
    [InlineData("\u1112\u1161", "Hangul, a consonant and a vowel")]
    [InlineData("\uD558\u11AB", "Hangul, a syllable and a trailing consonant")]
    [InlineData("\u09C7\u09BE", "Bengali, a vowel sign in two parts")]
    [InlineData("\u0958", "Devanagari, a letter that normalizes to two characters")]
    [InlineData("\uF900", "a compatibility ideograph")]
    [InlineData("\U0001D15E", "a musical symbol that normalizes to two characters")]
    [InlineData("\U00011131\U00011127", "Chakma, a vowel sign in two parts")]
    [InlineData("\u0628\u0897\u0323", "marks that are out of order, the first from Unicode 16")]
    [InlineData("\U000105D2\u0307", "Todhri (Unicode 16), a letter and an accent, for which a single character exists")]
    [InlineData("\U00016D63\U00016D68", "Kirat Rai, a vowel sign whose first part composes with the vowel sign before it")]
    public void UserId_WhenItIsNotInNormalFormC_IsRefused(string id, string because) =>
        Assert.False(UserId.IsValid(id), because);

    [Theory]
    [InlineData("\u00E9", "a letter with its accent")]
    [InlineData("n\u0308", "a letter and an accent, for which no single character exists")]
    [InlineData("q\u0323\u0307", "two marks in order")]
    [InlineData("\u0E1C\u0E39\u0E49", "Thai, a vowel and a tone")]
    [InlineData("\u0915\u093C", "Devanagari, a letter and its dot")]
    [InlineData("\u05D1\u05B8\u05BC", "Hebrew, a vowel before its dagesh")]
    [InlineData("\u09AC\u09BE\u0982\u09B2\u09BE", "Bengali, a word with two vowel signs")]
    [InlineData("\uD55C\uAE00", "Hangul in syllables")]
    [InlineData("\uD55C\u11AB", "Hangul, a syllable that already has a trailing consonant, and a second trailing consonant")]
    [InlineData("g\u0308\u0301", "a mark that cannot compose with its letter, because another mark is between them")]
    [InlineData("\u0301", "a mark alone")]
    [InlineData("\U000105C9", "Todhri (Unicode 16), a letter with its accent")]
    [InlineData("\U00016D6A", "Kirat Rai, a vowel sign of three parts")]
    [InlineData("ﬁ", "a ligature, which only the compatibility forms decompose")]
    public void UserId_WhenItIsInNormalFormC_IsAccepted(string id, string because) => Assert.True(UserId.IsValid(id), because);

    [Fact]
    public void IsNormalized_WhenTheTextIsDecomposed_WronglyReturnsTrue() =>
        Assert.True("e\u0301".IsNormalized(NormalizationForm.FormC), "The runtime now checks normal forms. Remove NormalForm.");

    /// <summary>
    /// User ids may contain only assigned characters, and the runtime decides which characters are assigned. So the
    /// table in <c>NormalForm.Table.cs</c> must not lack a character that the runtime knows. Otherwise, NormalForm
    /// would treat a new mark as a letter, and accept ids that are not in normal form C.
    /// </summary>
    [Fact]
    public void AssignedCharacters_WhenTheRuntimeIsNewer_AreInTheTable()
    {
        const int AssignedInUnicode17 = 299_382;

        var assigned = Enumerable.Range(0, 0x110000).Count(code => CharUnicodeInfo.GetUnicodeCategory(code) != UnicodeCategory.OtherNotAssigned);

        Assert.True(assigned <= AssignedInUnicode17,
            "The runtime has a newer Unicode version than NormalForm.Table.cs. Run tools/normal-form-table.mjs, and set the constant in this test to the number of characters that the new version assigns.");
    }
}
