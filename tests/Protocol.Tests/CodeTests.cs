using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol.Tests;

/// <summary>The facts of error and close codes, and how words are spelled.</summary>
public sealed class CodeTests
{
    [Fact]
    public void Word_OfEveryErrorCode_IsThePublishedOne() =>
        Assert.Equal(
            [
                "bad_request", "unknown_type", "unauthorized", "token_expired", "forbidden", "not_found", "not_member", "muted", "too_large",
                "rate_limited", "conflict", "gone", "room_full", "unavailable", "timeout", "internal",
            ],
            Enum.GetValues<ErrorCode>().Select(ErrorCodes.Word));

    [Fact]
    public void CanRetry_IsTrueWhereWaitingAloneCanHelp() =>
        Assert.Equal([ErrorCode.RateLimited, ErrorCode.Unavailable, ErrorCode.Timeout], Enum.GetValues<ErrorCode>().Where(ErrorCodes.CanRetry));

    [Fact]
    public void MayComeBack_IsTrueForRestartsAndFrom4000To4499()
    {
        Assert.Equal(
            [
                CloseCode.GoingAway, CloseCode.ServiceRestart, CloseCode.Drain, CloseCode.NoPong, CloseCode.Replaced, CloseCode.TokenExpired,
                CloseCode.ServerError,
            ],
            Enum.GetValues<CloseCode>().Where(CloseCodes.MayComeBack));
        Assert.True(CloseCodes.MayComeBack((CloseCode)4499));
        Assert.False(CloseCodes.MayComeBack((CloseCode)4999));
        Assert.False(CloseCodes.MayComeBack((CloseCode)3000));
    }

    [Fact]
    public void EveryWord_IsFoundAgain_InEveryFamily()
    {
        AllAreFound<Field>();
        AllAreFound<CommandType>();
        AllAreFound<FrameType>();
        AllAreFound<EventKind>();
        AllAreFound<ErrorCode>();
    }

    /// <summary>Words are kept by position: an enum with a hole, or with another order, would be spelled wrongly.</summary>
    private static void AllAreFound<T>()
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        Assert.Equal(Enumerable.Range(0, values.Length), values.Select(value => Convert.ToInt32(value, null)));
        Assert.All(values, value => Assert.Equal(value, Words<T>.Find(Words<T>.Of(value).EncodedUtf8Bytes)));
    }
}
