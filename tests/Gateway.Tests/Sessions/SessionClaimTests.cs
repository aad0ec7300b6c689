using System.Text.Json;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>The rights of a token in a session: each command carries them, and a fresh token changes them.</summary>
public sealed class SessionClaimTests : IDisposable
{
    private readonly SessionRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Renew_WhenTheRightsDiffer_EntersOnlyTheRoomsWithOtherRights()
    {
        var session = await SessionAsync("""{"team-*":["read"],"plans":["moderate"]}""", "team-red", "plans", "lobby", "@bob");
        var charged = _rig.Users.Charged["ann"];

        session.Renew(Claims("""{"team-red":["read","write"],"plans":["moderate"]}"""));

        Assert.Equal(["enter again team-red ann Read, Write as member"], _rig.Rooms.Calls.Where(call => call.StartsWith("enter again", StringComparison.Ordinal)));
        Assert.Equal(1, _rig.Users.Charged["ann"] - charged);
        Assert.Equal(["team-red", "plans", "lobby", "@bob"], session.Rooms);
    }

    [Theory]
    [InlineData(Refusal.NotMember, null, ChatErrorCode.NotMember)]
    [InlineData(Refusal.Forbidden, null, ChatErrorCode.Forbidden)]
    [InlineData(Refusal.Unavailable, 1000, ChatErrorCode.Unavailable)]
    public async Task Renew_WhenTheRoomRefuses_EndsTheSubscription(Refusal reason, int? retry, ChatErrorCode expected)
    {
        var session = await SessionAsync("""{"team-*":["read"]}""", "team-red", "lobby");
        _rig.Rooms.RefusesReentries = new(reason, "no", retry);
        _rig.Forget();

        session.Renew(null);
        _rig.Rooms.Append("team-red");

        Assert.Equal([new Err(null, expected, "no", retry) { Room = "team-red" }], _rig.Frames);
        Assert.Equal(["lobby"], session.Rooms);
        Assert.Equal(0, _rig.Rooms.In("team-red"));
    }

    [Fact]
    public async Task Command_WhenTheTokenGrantsActions_CarriesThem()
    {
        var session = await SessionAsync("""{"team-*":["read","moderate"]}""", "team-red", "lobby");

        Assert.Equal([RoomAction.Read | RoomAction.Moderate, RoomAction.None], _rig.Rooms.Enters.Select(enter => enter.Claimed));
        session.Renew(null);
        await session.HandleAsync(new Join("3", "team-blue", null, null, null, null));
        Assert.Equal(RoomAction.None, _rig.Rooms.Enters[^1].Claimed);
    }

    public static TheoryData<Send> Sends =>
    [
        new Send("k", "team", EventKind.Msg, "hi", null, null, null),
        new Send("k", "team", EventKind.Kick, null, null, null, null, "bob"),
        new Send("k", "team", EventKind.Title, "Plans", null, null, null),
        new Send("k", "team", EventKind.Settings, null, null, null, null, Settings: new(true, null, null)),
        new Send("k", "team", EventKind.Link, null, null, null, null, Code: "abcdefghijklmnopqrstuvwxyz"),
        new Send("k", "team", EventKind.Unlink, null, 3, null, null),
        new Send("k", "team", EventKind.Pin, null, 3, null, null),
    ];

    [Theory, MemberData(nameof(Sends))]
    public async Task Send_WhenTheTokenGrantsActions_CarriesThem(Send send)
    {
        var session = await SessionAsync("""{"team":["invite","manage"]}""", "team");

        await session.HandleAsync(send);

        Assert.Equal(RoomAction.Invite | RoomAction.Manage, Assert.Single(_rig.Rooms.Posts).Claimed);
    }

    [Fact]
    public async Task Notification_WhenTheTokenGrantsReading_EntersWithoutThisRight()
    {
        var session = await SessionAsync("""{"team":["read"]}""");

        session.Reach("team", 1);

        Assert.Equal(RoomAction.None, Assert.Single(_rig.Rooms.Enters).Claimed);
    }

    private async Task<Session> SessionAsync(string rights, params string[] rooms)
    {
        var session = await _rig.SessionAsync(claims: Claims(rights));
        await session.HandleAsync(new Hello("1", null, null, []));
        foreach (var room in rooms)
        {
            await session.HandleAsync(new Join("2", room, null, null, null, null));
        }

        return session;
    }

    private static UserClaims? Claims(string json)
    {
        using var claim = JsonDocument.Parse(json);
        return UserClaims.From(RightsClaim.Parse(claim.RootElement, out _));
    }
}
