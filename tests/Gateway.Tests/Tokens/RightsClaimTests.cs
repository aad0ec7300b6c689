using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Tokens;

/// <summary>
/// The claim of a token that grants actions in rooms: what it grants, and which values the gateway refuses.
/// </summary>
public sealed class RightsClaimTests
{
    private static readonly string[] Many = [.. Enumerable.Range(0, 65).Select(i => $"\"r{i}\":[]")];

    public static TheoryData<string, string> Bad => new()
    {
        { "[]", "an object of patterns" },
        { "\"team\"", "an object of patterns" },
        { """{"team":"read"}""", "a list of these actions: join, read, write, react, invite, moderate, manage" },
        { """{"team":["read","own"]}""", "a list of these actions" },
        { """{"team":[1]}""", "a list of these actions" },
        { """{"":["read"]}""", "a pattern must be" },
        { """{"Team":["read"]}""", "a pattern must be" },
        { """{"te*m":["read"]}""", "a pattern must be" },
        { """{"team**":["read"]}""", "a pattern must be" },
        { """{"@bob":["read"]}""", "a pattern must be" },
        { """{"@*":["read"]}""", "a pattern must be" },
        { """{"~short":["read"]}""", "a pattern must be" },
        { $$"""{"{{new string('a', 65)}}":["read"]}""", "a pattern must be" },
        { $$"""{ {{string.Join(',', Many)}} }""", "up to 64 patterns" },
        { $$"""{"team":[{{string.Join(',', Enumerable.Repeat("\"read\"", 300))}}]}""", "up to 2048 bytes" },
    };

    [Theory, MemberData(nameof(Bad))]
    public void Claim_WhenItIsMalformed_SaysWhatIsWrong(string json, string expected)
    {
        using var claim = JsonDocument.Parse(json);

        var rights = RightsClaim.Parse(claim.RootElement, out var wrong);

        Assert.Null(rights);
        Assert.Contains(expected, wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("team-red", RoomAction.Join | RoomAction.Read | RoomAction.Write)]
    [InlineData("team-", RoomAction.Join | RoomAction.Read)]
    [InlineData("team", RoomAction.None)]
    [InlineData("plans", RoomAction.Moderate | RoomAction.Manage | RoomAction.React | RoomAction.Invite | RoomAction.Pin)]
    [InlineData("plans2", RoomAction.None)]
    [InlineData("~qmx2tz7yk4wdbh3vnc5rspa6ef", RoomAction.Read)]
    [InlineData("@3:ann3:bob", RoomAction.None)]
    public void Claim_WhenPatternsMatch_GrantsTheActionsOfAll(string room, RoomAction expected)
    {
        var claims = Claims("""
            {"team-*":["join","read"],"team-red":["write","write"],"plans":["moderate","manage","react","invite","pin"],"~*":["read"],"team-blue":[]}
            """);

        Assert.Equal(expected, claims!.In(room));
    }

    [Fact]
    public void Claim_WhenItsPrefixIsEmpty_MatchesAllButDirectRooms()
    {
        var claims = Claims("""{"*":["read"]}""");

        Assert.Equal(RoomAction.Read, claims!.In("lobby"));
        Assert.Equal(RoomAction.Read, claims.In("~qmx2tz7yk4wdbh3vnc5rspa6ef"));
        Assert.Equal(RoomAction.None, claims.In("@3:ann3:bob"));
        Assert.Null(Claims("{}"));
    }

    [Theory]
    [InlineData("header")]
    [InlineData("hello")]
    public async Task Token_WhenItsRightsAreInvalid_IsRefusedWithTheReason(string place)
    {
        var options = TestKeys.Shared.Options;
        options.RightsClaim = "rights";
        await using var server = await GatewayServer.StartAsync(identity: options);
        var token = Token("""{"Team":["read"]}""");
        const string Reason = "the token's rights: a pattern must be a room name, or the beginning of room names and then *";

        if (place == "header")
        {
            var refusal = await server.RefusalAsync("/ws", Subprotocols.Json, $"Authorization: Bearer {token}");
            Assert.Equal((401, $"unauthorized: {Reason}\n"), (refusal.Status, refusal.Body));
            return;
        }

        using var client = await server.ConnectAsync("/ws", Subprotocols.Json);
        await client.SendTextAsync($$"""{"t":"hello","id":"1","token":"{{token}}"}""");
        var error = JsonNode.Parse(await client.ReceiveLineAsync())!;
        Assert.Equal(("unauthorized", Reason), ((string)error["code"]!, (string)error["message"]!));
    }

    [Fact]
    public async Task Token_WhenNoRightsClaimIsConfigured_IsAcceptedWhateverItHas()
    {
        await using var server = await GatewayServer.StartAsync(identity: TestKeys.Shared.Options);

        using var client = await server.ConnectAsync("/ws", null, $"Authorization: Bearer {Token("""{"Team":["read"]}""")}");

        Assert.Equal("* you are ann, /help shows the commands", await client.ReceiveLineAsync());
    }

    private static UserClaims? Claims(string json)
    {
        using var claim = JsonDocument.Parse(json);
        return UserClaims.From(RightsClaim.Parse(claim.RootElement, out _));
    }

    private static string Token(string rights)
    {
        var claims = TestKeys.Claims("ann", TimeProvider.System.GetUtcNow());
        claims["rights"] = JsonNode.Parse(rights);
        return TestKeys.Shared.Sign(claims);
    }
}
