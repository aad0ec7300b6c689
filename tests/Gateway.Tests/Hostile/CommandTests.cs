using System.Text;
using System.Text.Json;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>
/// Lines that are not commands, and commands at the limits of the format. The gateway answers each line and keeps the
/// connection open.
/// </summary>
[Collection(nameof(Siege))]
public sealed class CommandTests
{
    private static readonly string[] _good =
    [
        """{"t":"join","id":"j","room":"attic","last":20}""", """{"t":"send","id":"s","room":"attic","text":"grüße 👍","reply":1,"meta":{"a":[1,2,{"b":null}]}}""",
        """{"t":"send","id":"e","room":"attic","kind":"edit","ref":1,"text":"x"}""", """{"t":"mark","room":"attic","read":4}""",
        """{"t":"typing","room":"attic"}""", """{"t":"history","id":"h","room":"attic","before":9,"limit":5}""", """{"t":"who","id":"w","room":"attic"}""",
        """{"t":"leave","id":"l","room":"attic"}""", """{"t":"auth","id":"a","token":"a.b.c"}""", """{"t":"hello","id":"x","rooms":{"attic":{"seq":1,"epoch":"e1"}}}""",
    ];

    private static readonly string[] _oddities =
    [
        "\0", "\\u0000", "\\ud800", "\\udfff\\ud800", "1e400", "-1", "0.5", "99999999999999999999999999", "9223372036854775808", "null", "true", "[]", "{}",
        "\"", "\\", "{", "}", "[", "]", ",", ":", "\u2028", "\uFEFF", "NaN", "\"t\":\"send\",", "\"room\":\"@\",", "\n",
    ];

    [Fact]
    public async Task Line_WhenItIsMalformed_IsAnsweredAndTheConnectionStaysOpen()
    {
        var deep = new string('[', 20_000);
        (string Line, string Answer)[] lines =
        [
            ($$"""{"t":"ping","id":"1","x":{{deep}}""", "bad_request"),
            ($$"""{"t":"ping","id":"1","x":{{deep}}{{deep.Replace('[', ']')}}}""", "bad_request"),
            ("""{"t":"mark","room":"attic","read":1e400}""", "bad_request"),
            ($$"""{"t":"mark","room":"attic","read":{{new string('9', 5000)}}}""", "bad_request"),
            ("""{"t":"mark","room":"attic","read":9223372036854775808}""", "bad_request"),
            ("""{"t":"mark","room":"attic","read":-1}""", "bad_request"),
            ("""{"t":"send","id":"1","room":"attic","text":"\ud800"}""", "bad_request"),
            ("""{"t":"send","id":"1","room":"attic","text":"\u0000"}""", "bad_request"),
            ("{\"t\":\"send\",\"id\":\"1\",\"room\":\"attic\",\"text\":\"a\0b\"}", "bad_request"),
            ($$"""{"t":"send","id":"{{new string('i', 60_000)}}","room":"attic","text":"a"}""", "too_large"),
            ($$"""{"t":"send","id":"1","room":"attic","text":"{{new string('t', 60_000)}}"}""", "too_large"),
            ($$"""{"t":"ping","id":"1","{{new string('k', 60_000)}}":1}""", "pong"),
            ("""{"t":"ping","id":"1","t":"nothing","t":"ping"}""", "pong"),
            ("""{"t":"ping","id":"1","id":"2"}""", "pong"),
            ("""{"t":"join","room":"../../etc/passwd"}""", "bad_request"),
            ("""{"t":"join","room":"@"}""", "bad_request"),
            ("""{"t":"quit"}""", "unknown_type"),
            ("{}", "bad_request"),
            ("[]", "bad_request"),
            ("0", "bad_request"),
        ];
        await using var siege = await Siege.StartAsync();
        await siege.HoldsAsync(async server =>
        {
            using var client = await EveAsync(server);
            foreach (var (line, answer) in lines)
            {
                await client.SendTextAsync(line);
                using var told = JsonDocument.Parse(await client.ReceiveLineAsync());
                var t = told.RootElement.GetProperty("t").GetString();
                var outcome = t == "err" ? told.RootElement.GetProperty("code").GetString() : t;
                Assert.True(outcome == answer, $"{line[..Math.Min(60, line.Length)]} got {outcome} instead of {answer}");
            }
        });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Lines_WhenDamagedAtRandom_LeaveTheConnectionOpen(int seed)
    {
        const int Frames = 1500;
        await using var siege = await Siege.StartAsync(new() { CommandsPerSecond = 0, BytesPerSecond = 0 });
        siege.Server.Rooms.KeepsCalls = false;
        var codes = Enum.GetValues<ChatErrorCode>().Select(ErrorCodes.Word).ToHashSet();
        await siege.HoldsAsync(async server =>
        {
            using var client = await EveAsync(server);
            var random = new Random(seed);
            var sending = SendAsync();
            while (true)
            {
                using var told = JsonDocument.Parse(await client.ReceiveLineAsync());
                if (told.RootElement.GetProperty("t").GetString() == "err")
                {
                    Assert.Contains(told.RootElement.GetProperty("code").GetString()!, codes);
                }
                else if (told.RootElement.TryGetProperty("id", out var id) && id.GetString() == "the end")
                {
                    break;
                }
            }

            await sending;

            async Task SendAsync()
            {
                for (var i = 0; i < Frames; i++)
                {
                    await client.SendTextAsync(Damaged(random));
                }

                await client.SendTextAsync("""{"t":"ping","id":"the end"}""");
            }
        });
    }

    private static async Task<RawWebSocket> EveAsync(GatewayServer server)
    {
        var client = await server.ConnectAsync("/ws?user=eve", Subprotocols.Json);
        await client.SendTextAsync("""{"t":"hello"}""");
        Assert.StartsWith("""{"t":"welcome""", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        return client;
    }

    /// <summary>Returns some valid lines with odd text inserted and parts removed.</summary>
    private static string Damaged(Random random)
    {
        var lines = new StringBuilder();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            lines.Append(_good[random.Next(_good.Length)]).Append('\n');
        }

        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var at = random.Next(lines.Length);
            if (random.Next(3) == 0)
            {
                lines.Remove(at, Math.Min(random.Next(1, 8), lines.Length - at));
            }
            else
            {
                lines.Insert(at, _oddities[random.Next(_oddities.Length)]);
            }

            if (lines.Length == 0)
            {
                break;
            }
        }

        return lines.ToString();
    }
}
