using System.Text;

namespace OrleansChat.Protocol.Tests;

/// <summary>What rooms and users may be called.</summary>
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
    public void RoomName_IsOfItsCharactersAlone(string name, bool isValid) => Assert.Equal(isValid, RoomName.IsValid(name));

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
    [InlineData("a@b", false)]
    [InlineData("a:b", false)]
    public void UserId_HasNoWhiteSpaceControlsAtOrColon(string id, bool isValid) => Assert.Equal(isValid, UserId.IsValid(id));

    [Fact]
    public void UserId_HasNoLoneSurrogate()
    {
        // Not in an InlineData: attributes are stored as UTF-8, which has no such thing.
        Assert.False(UserId.IsValid("a\ud800"));
        Assert.False(UserId.IsValid("\ude00\ud83d"));
        Assert.False(UserId.IsValid("\udc00a"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("é")]
    [InlineData("😀")]
    public void Names_AreCountedInCodePoints_64AtMost(string character)
    {
        Assert.True(UserId.IsValid(string.Concat(Enumerable.Repeat(character, 64))));
        Assert.False(UserId.IsValid(string.Concat(Enumerable.Repeat(character, 65))));
        Assert.True(RoomName.IsValid(new string('x', 64)));
        Assert.False(RoomName.IsValid(new string('x', 65)));
    }

    [Theory]
    [InlineData("lobby", true)]
    [InlineData("@bob", true)]
    [InlineData("@Bob", true)]
    [InlineData("@", false)]
    [InlineData("@a@b", false)]
    [InlineData("", false)]
    [InlineData("Bob", false)]
    public void RoomReference_IsARoomNameOrAUser(string reference, bool isValid) => Assert.Equal(isValid, RoomReference.IsValid(reference));

    [Fact]
    public void RoomReference_OfADirectConversation_NamesItsUser()
    {
        Assert.Equal("bob", RoomReference.User(RoomReference.Direct("bob")));
        Assert.Null(RoomReference.User("bob"));
    }

    [Theory]
    [InlineData("e\u0301", "an accent that has a letter of its own")]
    [InlineData("\u212B", "the sign for ångström, which is a letter")]
    [InlineData("\u0915\u093C\u0301\u0323", "marks that are out of order")]
    [InlineData("q\u0307\u0323", "marks that are out of order on a letter that composes with neither")]
    [InlineData("a\u0323\u0302", "marks of which the first composes")]
    [InlineData("s\u0323\u0307", "marks that both compose")]
    [InlineData("\u1E63\u0307", "a letter that has a mark and composes with another")]
    [InlineData("\u00C2\u0323", "a letter whose mark belongs after the one that follows")]
    [InlineData("a\u0327\u0301", "a mark that reaches its letter past another")]
    [InlineData("\u1112\u1161", "Hangul, a consonant and a vowel")]
    [InlineData("\uD558\u11AB", "Hangul, a syllable and a trailing consonant")]
    [InlineData("\u09C7\u09BE", "Bengali, a vowel sign in two parts")]
    [InlineData("\u0958", "Devanagari, a letter that is written as two")]
    [InlineData("\uF900", "a compatibility ideograph")]
    [InlineData("\U0001D15E", "a musical symbol that is written as two")]
    [InlineData("\U00011131\U00011127", "Chakma, a vowel sign in two parts")]
    public void UserId_ThatCouldBeWrittenInAnotherWay_IsRefused(string id, string because) =>
        Assert.False(UserId.IsValid(id), because);

    [Theory]
    [InlineData("\u00E9", "a letter with its accent")]
    [InlineData("n\u0308", "an accent that has no letter of its own")]
    [InlineData("q\u0323\u0307", "two marks in order")]
    [InlineData("\u0E1C\u0E39\u0E49", "Thai, a vowel and a tone")]
    [InlineData("\u0915\u093C", "Devanagari, a letter and its dot")]
    [InlineData("\u05D1\u05B8\u05BC", "Hebrew, a vowel before its dagesh")]
    [InlineData("\u09AC\u09BE\u0982\u09B2\u09BE", "Bengali")]
    [InlineData("\uD55C\uAE00", "Hangul in syllables")]
    [InlineData("\uD55C\u11AB", "Hangul, a syllable that has its trailing consonant")]
    [InlineData("g\u0308\u0301", "a mark that another does not let through")]
    [InlineData("\u0301", "a mark alone")]
    [InlineData("ﬁ", "a ligature, which only compatibility would take apart")]
    public void UserId_InNormalFormC_IsFine(string id, string because) => Assert.True(UserId.IsValid(id), because);

    [Fact]
    public void IsNormalized_OfTheRuntime_CannotBeReliedOnHere() =>
        Assert.True("e\u0301".IsNormalized(NormalizationForm.FormC), "The runtime can tell now: NormalForm may go.");
}
