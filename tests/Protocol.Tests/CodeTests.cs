using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol.Tests;

/// <summary>
/// Tests the words on the wire, such as the word of each error code. Also tests which error codes allow a retry, and
/// which close codes allow a reconnect.
/// </summary>
public sealed class CodeTests
{
    [Fact]
    public void Word_WhenGivenAnErrorCode_ReturnsThePublishedWord() =>
        Assert.Equal(
            [
                "bad_request", "unknown_type", "unauthorized", "token_expired", "forbidden", "not_found", "not_member", "muted", "too_large",
                "rate_limited", "conflict", "gone", "room_full", "unavailable", "timeout", "internal",
            ],
            Enum.GetValues<ChatErrorCode>().Select(ErrorCodes.Word));

    [Fact]
    public void Word_WhenGivenAnEventKind_ReturnsThePublishedWord() =>
        Assert.Equal(
            [
                "msg", "edit", "delete", "react", "unreact", "join", "leave", "invite", "kick", "ban", "unban", "mute", "unmute", "role", "title",
                "settings", "link", "unlink", "pin", "unpin", "other",
            ],
            Enum.GetValues<EventKind>().Select(kind => Words<EventKind>.Of(kind).Value));

    [Fact]
    public void Word_WhenGivenARole_ReturnsThePublishedWord() =>
        Assert.Equal(["owner", "moderator", "member", "invited"], Enum.GetValues<MemberRole>().Select(role => Words<MemberRole>.Of(role).Value));

    [Fact]
    public void CanRetry_WhenWaitingAloneCanHelp_ReturnsTrue() =>
        Assert.Equal([ChatErrorCode.RateLimited, ChatErrorCode.Unavailable, ChatErrorCode.Timeout], Enum.GetValues<ChatErrorCode>().Where(ErrorCodes.CanRetry));

    [Fact]
    public void MayComeBack_WhenTheCodeIsARestartOr4000To4499_ReturnsTrue()
    {
        Assert.Equal(
            [
                CloseCode.GoingAway, CloseCode.ServiceRestart, CloseCode.Drain, CloseCode.NoPong, CloseCode.Replaced, CloseCode.TokenExpired,
                CloseCode.ServerError, CloseCode.ConnectingTooOften,
            ],
            Enum.GetValues<CloseCode>().Where(CloseCodes.MayComeBack));
        Assert.True(CloseCodes.MayComeBack((CloseCode)4499));
        Assert.False(CloseCodes.MayComeBack((CloseCode)4999));
        Assert.False(CloseCodes.MayComeBack((CloseCode)3000));
    }

    [Fact]
    public void Find_WhenGivenAnyWord_ReturnsItsValue()
    {
        AllAreFound<Field>();
        AllAreFound<CommandType>();
        AllAreFound<FrameType>();
        AllAreFound<EventKind>();
        AllAreFound<ChatErrorCode>();
    }

    /// <summary>
    /// Asserts that <see cref="Words{T}"/> finds the enum value of each word. <see cref="Words{T}"/> uses the enum
    /// values as indexes of an array. So the values must be 0, 1, 2 … without a gap.
    /// </summary>
    private static void AllAreFound<T>()
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        Assert.Equal(Enumerable.Range(0, values.Length), values.Select(value => Convert.ToInt32(value, null)));
        Assert.All(values, value => Assert.Equal(value, Words<T>.Find(Words<T>.Of(value).EncodedUtf8Bytes)));
    }
}
