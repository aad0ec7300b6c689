using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Tokens;

/// <summary>Who comes in with which token, on every way that one can travel, over real HTTP.</summary>
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
    public async Task AGoodToken_IsItsUser_OnEveryWay_ByEveryAlgorithm(string way, string algorithm)
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
    public async Task TextMode_TakesTheSameTokens()
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
    public async Task ABadToken_BeforeTheUpgrade_Is401_WithItsName(string bad)
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var token = BadTokens.Make(bad, _keys, TimeProvider.System.GetUtcNow());
        foreach (var way in new[] { "header", "query", "subprotocol" })
        {
            if (way == "query" && bad == BadTokens.Oversized)
            {
                // Kestrel's own bound on the first line of a request comes first.
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
    public async Task ABadToken_InHello_IsTold_AndEndsWith4501(string bad)
    {
        var time = new ManualTime();
        var sessions = new SessionOptions();
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options, sessions: sessions, time: time);
        var token = BadTokens.Make(bad, _keys, time.GetUtcNow());
        using var client = await server.ConnectAsync("/ws", Subprotocols.Json);
        await client.SendTextAsync($$"""{"t":"hello","id":"1","token":"{{token}}"}""");
        var error = JsonNode.Parse(await client.ReceiveLineAsync())!;
        var isNotRead = BadTokens.NotRead.TryGetValue(bad, out var code);
        if (isNotRead)
        {
            // The hello is still owed.
            time.Advance(TimeSpan.FromSeconds(sessions.HelloSeconds));
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
    public async Task ABadToken_InAuth_IsTold_AndTheConnectionLives(string bad)
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
    public async Task Auth_ByTheSameUser_TellsTheNewExp_AndByAnotherIsForbidden()
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
    public async Task WithoutAFreshToken_AConnectionEndsWith4003_AfterTheGrace(string mode)
    {
        var time = new ManualTime();
        var options = _keys.Options;
        options.GraceSeconds = 5;
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
    public async Task ClocksMayDiffer_ByTheSkewAndNoMore()
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
    public async Task AmongOtherAudiences_OursIsEnough_AndAFractionOfASecondIsNoMistake()
    {
        await using var server = await GatewayServer.StartAsync(identity: _keys.Options);
        var claims = TestKeys.Claims("ann", TimeProvider.System.GetUtcNow());
        claims["aud"] = new JsonArray("mail", TestKeys.Audience);
        claims["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 100.5;
        using var client = await server.ConnectAsync($"/ws?access_token={_keys.Sign(claims, "ES256")}");
    }

    [Fact]
    public async Task TwoTokens_OrAnotherUsersName_Are401()
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
    public async Task OneKeyAlone_NeedsNoKid_AndAnotherClaimMayNameTheUser()
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

    [Fact]
    public async Task InDevelopment_TokensCountToo_WhereThereAreKeys()
    {
        var options = _keys.Options;
        options.Mode = IdentityMode.Development;
        await using var server = await GatewayServer.StartAsync(identity: options);
        using var byToken = await server.ConnectAsync($"/ws?access_token={_keys.Token("ann")}");
        Assert.Equal("* you are ann, /help shows the commands", await byToken.ReceiveLineAsync());
        using var byName = await server.ConnectAsync("/ws?user=bob");
        Assert.Equal("* you are bob, /help shows the commands", await byName.ReceiveLineAsync());
        Assert.Equal(401, await server.RefusedAsync("/ws?access_token=garbage"));

        // A connection that began as a guest's in text mode, and says hello with a token.
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
    public async Task ManyAtOnce_AreEachCheckedRight()
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
    public async Task NoToken_IsEverLogged_EvenWhereEverythingIs()
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
        Assert.All(log.Lines, line => Assert.DoesNotContain("eyJ", line, StringComparison.Ordinal));
        Assert.All(log.Lines, line => Assert.DoesNotContain("access_token", line, StringComparison.Ordinal));
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

    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
