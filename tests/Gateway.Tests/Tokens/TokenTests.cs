using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Tokens;

/// <summary>Tokens in headers, queries, subprotocols and frames, over real HTTP.</summary>
public sealed class TokenTests
{
    private readonly TestKeys _keys = TestKeys.Shared;

    public static TheoryData<string> Bad => [.. BadTokens.Sentences.Keys];

    public static TheoryData<string, string> Accepted => new()
    {
        { "header", "HS256" }, { "header", "RS256" }, { "header", "ES256" },
        { "query", "HS256" }, { "query", "RS256" }, { "query", "ES256" },
        { "subprotocol", "HS256" }, { "subprotocol", "RS256" }, { "subprotocol", "ES256" },
        { "hello", "HS256" }, { "hello", "RS256" }, { "hello", "ES256" },
    };

    [Theory, MemberData(nameof(Accepted))]
    public async Task Token_WhenValid_NamesTheUser(string way, string algorithm)
    {
        var keys = new TestKeys();
        await using var server = await GatewayServer.StartAsync(identity: keys.Options);
        var token = keys.Token("Zoë", algorithm: algorithm);

        using var client = await server.ConnectAsync(PathOf(way, token), SubprotocolOf(way, token), HeadersOf(way, token));
        Assert.Equal(Subprotocols.Json, client.Subprotocol);
        await client.SendTextAsync(way == "hello" ? $$"""{"t":"hello","token":"{{token}}"}""" : """{"t":"hello"}""");

        var welcome = JsonNode.Parse(await client.ReceiveLineAsync())!;
        Assert.Equal(("welcome", "Zoë"), ((string)welcome["t"]!, (string)welcome["user"]!));
        Assert.InRange((long)welcome["exp"]! - TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), 200, 300);
    }

    [Fact]
    public async Task Token_WhenUsedInTextMode_NamesTheUser()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var token = _keys.Token("ann");

        using var byHeader = await server.ConnectAsync("/ws", null, $"Authorization: bearer {token}");
        using var byQuery = await server.ConnectAsync($"/ws?access_token={token}&user=ann", Subprotocols.Text);
        using var bySubprotocol = await server.ConnectAsync("/", $"{Subprotocols.Text}, bearer.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token))}");

        foreach (var client in new[] { byHeader, byQuery, bySubprotocol })
        {
            Assert.Equal("* you are ann, /help shows the commands", await client.ReceiveLineAsync());
        }

        Assert.Equal(Subprotocols.Text, bySubprotocol.Subprotocol);
    }

    [Theory, MemberData(nameof(Bad))]
    public async Task BadToken_WhenSentBeforeTheUpgrade_Gets401WithItsReason(string bad)
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var token = BadTokens.Make(bad, _keys, TimeProvider.System.GetUtcNow());

        foreach (var way in new[] { "header", "query", "subprotocol" })
        {
            if (way == "query" && bad == BadTokens.Oversized)
            {
                // The first line of the request is too long, so Kestrel refuses the request before the gateway reads
                // the token.
                Assert.Equal(414, (await Assert.ThrowsAsync<RawUpgradeRefusedException>(() => server.ConnectAsync(PathOf(way, token)))).Status);
                continue;
            }

            foreach (var mode in new[] { Subprotocols.Json, Subprotocols.Text })
            {
                var refusal = await server.RefusalAsync(PathOf(way, token), SubprotocolOf(way, token, mode), HeadersOf(way, token));
                Assert.Equal(401, refusal.Status);
                Assert.StartsWith($"{WordOf(bad)}: ", refusal.Body, StringComparison.Ordinal);
                Assert.Contains(BadTokens.Sentences[bad], refusal.Body, StringComparison.Ordinal);
                Assert.Equal("Bearer error=\"invalid_token\"", refusal.Headers["WWW-Authenticate"]);
            }
        }
    }

    [Theory, MemberData(nameof(Bad))]
    public async Task BadToken_WhenSentInHello_EndsWith4501(string bad)
    {
        var time = new ManualTime();
        var sessions = new ChatSessionOptions();
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options, sessions: sessions, time: time);
        var token = BadTokens.Make(bad, _keys, time.GetUtcNow());

        using var client = await server.ConnectAsync("/ws", Subprotocols.Json);
        await client.SendTextAsync($$"""{"t":"hello","id":"1","token":"{{token}}"}""");
        var error = JsonNode.Parse(await client.ReceiveLineAsync())!;
        var isNotRead = BadTokens.NotRead.TryGetValue(bad, out var code);
        if (isNotRead)
        {
            // The refused line does not count as hello, so the gateway still waits for a hello.
            time.Advance(sessions.HelloTimeout);
        }

        var bye = JsonNode.Parse(await client.ReceiveLineAsync())!;
        if (isNotRead)
        {
            Assert.Equal(code, (string)error["code"]!);
        }
        else
        {
            Assert.Equal(("err", "1", WordOf(bad)), ((string)error["t"]!, (string)error["id"]!, (string)error["code"]!));
            Assert.Contains(BadTokens.Sentences[bad], (string)error["message"]!, StringComparison.Ordinal);
            Assert.StartsWith($"{WordOf(bad)}: ", (string)bye["reason"]!, StringComparison.Ordinal);
        }

        Assert.Equal(("bye", 4501), ((string)bye["t"]!, (int)bye["code"]!));
        Assert.Equal(4501, (await client.ReceiveCloseAsync()).CloseCode);
    }

    [Theory, MemberData(nameof(Bad))]
    public async Task BadToken_WhenSentInAuth_LeavesTheConnectionOpen(string bad)
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        using var client = await WelcomedAsync(server, _keys.Token("ann"));
        var token = BadTokens.Make(bad, _keys, TimeProvider.System.GetUtcNow());

        await client.SendTextAsync($$"""{"t":"auth","id":"2","token":"{{token}}"}""");
        var error = JsonNode.Parse(await client.ReceiveLineAsync())!;

        Assert.Equal(("2", BadTokens.NotRead.GetValueOrDefault(bad) ?? WordOf(bad)), ((string?)error["id"], (string)error["code"]!));
        await client.SendTextAsync("""{"t":"ping","id":"3"}""");
        Assert.Equal("""{"t":"pong","id":"3"}""", await client.ReceiveLineAsync());
    }

    [Fact]
    public async Task Auth_WhenTheTokenIsNew_IsAcceptedOnlyForTheSameUser()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        using var client = await WelcomedAsync(server, _keys.Token("ann"));

        await client.SendTextAsync($$"""{"t":"auth","id":"2","token":"{{_keys.Token("ann", seconds: 9000, algorithm: "RS256")}}"}""");
        var ok = JsonNode.Parse(await client.ReceiveLineAsync())!;
        Assert.Equal("ok", (string)ok["t"]!);
        Assert.InRange((long)ok["exp"]! - TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), 8900, 9000);

        await client.SendTextAsync($$"""{"t":"auth","id":"3","token":"{{_keys.Token("bob")}}"}""");
        Assert.Contains("\"code\":\"forbidden\"", await client.ReceiveLineAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Subprotocols.Json)]
    [InlineData(Subprotocols.Text)]
    public async Task Connection_WhenItsTokenExpires_EndsWith4003AfterTheGrace(string mode)
    {
        var time = new ManualTime();
        var options = _keys.Options;
        options.Grace = TimeSpan.FromSeconds(5);
        await using var server = await GatewayServer.StartAsync(identity: options, time: time);
        using var client = await server.ConnectAsync("/ws", mode, $"Authorization: Bearer {_keys.Token("ann", time, seconds: 10)}");
        if (mode == Subprotocols.Json)
        {
            await client.SendTextAsync("""{"t":"hello"}""");
        }

        await client.ReceiveLineAsync();
        time.Advance(TimeSpan.FromSeconds(13.9));
        await client.SendTextAsync(mode == Subprotocols.Json ? """{"t":"ping"}""" : "/rooms");
        string line;
        do
        {
            line = await client.ReceiveLineAsync();
        }
        while (!(line.Contains("pong", StringComparison.Ordinal) || line == "* you are in lobby"));

        time.Advance(TimeSpan.FromSeconds(1.2));
        var close = await client.ReceiveCloseAsync();
        Assert.Equal((4003, "the token expired"), (close.CloseCode, close.CloseReason));
    }

    [Fact]
    public async Task Token_WhenTheClocksDifferLessThanTheSkew_IsAccepted()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var now = TimeProvider.System.GetUtcNow();

        foreach (var (claim, by) in new[] { ("exp", -50), ("nbf", 50), ("iat", 50) })
        {
            var claims = TestKeys.Claims("ann", now);
            claims[claim] = now.ToUnixTimeSeconds() + by;
            using var client = await server.ConnectAsync($"/ws?access_token={_keys.Sign(claims)}");
        }
    }

    [Fact]
    public async Task Token_WhenItHasSeveralAudiencesAndAFractionalExp_IsAccepted()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var claims = TestKeys.Claims("ann", TimeProvider.System.GetUtcNow());
        claims["aud"] = new JsonArray("mail", TestKeys.Audience);
        claims["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 100.5;

        using var client = await server.ConnectAsync($"/ws?access_token={_keys.Sign(claims, "ES256")}");
    }

    [Fact]
    public async Task Request_WhenItsCredentialsAreUnusable_Gets401()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var token = _keys.Token("ann");

        Assert.Equal(401, await server.RefusedAsync($"/ws?access_token={token}", null, $"Authorization: Bearer {token}"));
        Assert.Equal(401, await server.RefusedAsync($"/ws?access_token={token}&access_token={token}"));
        Assert.Equal(401, await server.RefusedAsync($"/ws?user=bob&access_token={token}"));
        Assert.Equal(401, await server.RefusedAsync("/ws", null, "Authorization: Basic YW5uOmFubg=="));
        Assert.Equal(401, await server.RefusedAsync("/ws", $"{Subprotocols.Json}, bearer.###"));
    }

    [Fact]
    public async Task Token_WhenUserClaimIsSet_TakesTheUserFromThatClaim()
    {
        var options = _keys.Options;
        options.Keys = options.Keys[..1];
        options.UserClaim = "preferred_username";
        await using var server = await GatewayServer.StartAsync(identity: options);
        var claims = TestKeys.Claims("4711", TimeProvider.System.GetUtcNow());
        claims["preferred_username"] = "ann";

        using var client = await server.ConnectAsync($"/ws?access_token={_keys.Sign(claims, "HS256", null, "HS256")}");
        Assert.Equal("* you are ann, /help shows the commands", await client.ReceiveLineAsync());
        Assert.Contains("no key", (await server.RefusalAsync($"/ws?access_token={_keys.Sign(claims, "RS256")}")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HS256")]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Token_WhenItHasNoKidAmongSeveralKeys_IsAccepted(string algorithm)
    {
        var options = _keys.Options;
        var added = new TestKeys().Options.Keys;
        Array.ForEach(added, key => key.Id += "-new");
        options.Keys = [.. added, .. options.Keys];
        await using var server = await GatewayServer.StartAsync(identity: options);
        var claims = TestKeys.Claims("ann", TimeProvider.System.GetUtcNow());

        using var client = await server.ConnectAsync($"/ws?access_token={_keys.Sign(claims, algorithm, null, algorithm)}");

        Assert.Equal("* you are ann, /help shows the commands", await client.ReceiveLineAsync());
    }

    [Fact]
    public async Task Refusal_WhenAKidlessTokenHasAnotherIssuer_NamesTheIssuer()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var claims = TestKeys.Claims("ann", TimeProvider.System.GetUtcNow());
        claims["iss"] = "somebody else";

        var refusal = await server.RefusalAsync($"/ws?access_token={_keys.Sign(claims, "HS256", null, "HS256")}");

        Assert.Contains("another issuer", refusal.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_WhenItsSubHasAReplacementCharacter_Gets401()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var claims = TestKeys.Claims("ann\uFFFD", TimeProvider.System.GetUtcNow());

        // A JSON reader replaces an escaped lone surrogate with U+FFFD, the replacement character. So two different
        // subs could become the same user. To prevent this, the gateway refuses U+FFFD.
        Assert.Equal(401, await server.RefusedAsync($"/ws?access_token={_keys.Sign(claims)}"));
    }

    [Fact]
    public async Task Token_WhenDevelopmentModeHasKeys_IsChecked()
    {
        var options = _keys.Options;
        options.Mode = IdentityMode.Development;
        await using var server = await GatewayServer.StartAsync(identity: options);

        using var byToken = await server.ConnectAsync($"/ws?access_token={_keys.Token("ann")}");
        Assert.Equal("* you are ann, /help shows the commands", await byToken.ReceiveLineAsync());
        using var byName = await server.ConnectAsync("/ws?user=bob");
        Assert.Equal("* you are bob, /help shows the commands", await byName.ReceiveLineAsync());
        Assert.Equal(401, await server.RefusedAsync("/ws?access_token=garbage"));

        // This connection begins in text mode as a guest. Then it changes to JSON mode: it sends a hello with a token.
        using var turned = await server.ConnectAsync("/ws");
        await turned.SendTextAsync($$"""{"t":"hello","token":"{{_keys.Token("eve")}}"}""");
        string line;
        do
        {
            line = await turned.ReceiveLineAsync();
        }
        while (!line.Contains("\"t\":\"welcome\"", StringComparison.Ordinal));
        Assert.Contains("\"user\":\"eve\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_WhenManyArriveAtOnce_AreEachCheckedCorrectly()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options, most: 200);
        string[] algorithms = ["HS256", "RS256", "ES256"];

        await Task.WhenAll(Enumerable.Range(0, 90).Select(async n =>
        {
            var algorithm = algorithms[n % 3];
            var token = _keys.Token($"user-{n}", algorithm: algorithm);
            using var client = await server.ConnectAsync($"/ws?access_token={token}");
            Assert.Equal($"* you are user-{n}, /help shows the commands", await client.ReceiveLineAsync());
            Assert.Equal(401, await server.RefusedAsync($"/ws?access_token={token[..^8]}AAAAAAAA"));
        }));
    }

    [Fact]
    public async Task Log_WhenEverythingIsLogged_ContainsNoToken()
    {
        using var log = new KeptLog();
        await using (var server = await GatewayServer.StartAsync(identity: _keys.Options, log: log))
        {
            var token = _keys.Token("ann");
            var bad = BadTokens.Make("foreign issuer", _keys, TimeProvider.System.GetUtcNow());
            foreach (var way in new[] { "header", "query", "subprotocol" })
            {
                using var client = await server.ConnectAsync(PathOf(way, token), SubprotocolOf(way, token), HeadersOf(way, token));
                await server.RefusedAsync(PathOf(way, bad), SubprotocolOf(way, bad), HeadersOf(way, bad));
            }

            using var welcomed = await WelcomedAsync(server, token);
            await welcomed.SendTextAsync($$"""{"t":"auth","id":"2","token":"{{bad}}"}""");
            await welcomed.ReceiveLineAsync();
        }

        Assert.NotEmpty(log.Lines);
        Assert.All(log.Lines, line => Assert.DoesNotContain("eyJ", line.ToString(), StringComparison.Ordinal));
        Assert.All(log.Lines, line => Assert.DoesNotContain("access_token", line.ToString(), StringComparison.Ordinal));
    }

    private static string WordOf(string bad) => bad == "expired" ? "token_expired" : "unauthorized";

    private static string PathOf(string way, string token) => way == "query" ? $"/ws?access_token={token}" : "/ws";

    private static string SubprotocolOf(string way, string token, string mode = Subprotocols.Json) =>
        way == "subprotocol" ? $"{mode}, bearer.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token))}" : mode;

    private static string[] HeadersOf(string way, string token) => way == "header" ? [$"Authorization: Bearer {token}"] : [];

    private static async Task<RawWebSocket> WelcomedAsync(GatewayServer server, string token)
    {
        var client = await server.ConnectAsync("/ws", Subprotocols.Json);
        await client.SendTextAsync($$"""{"t":"hello","token":"{{token}}"}""");
        Assert.Contains("\"t\":\"welcome\"", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        return client;
    }
}
