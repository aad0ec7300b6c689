using System.Globalization;
using System.Text;

namespace OrleansChat.Gateway.Tests.Hostile;

/// <summary>Requests that no correct client makes, and the HTTP status that the gateway returns for each.</summary>
[Collection(nameof(Siege))]
public sealed class RequestTests
{
    /// <summary>The expected status if the gateway must close the socket without an answer.</summary>
    private const int Closed = 0;

    /// <summary>
    /// The expected status if the answer must consist of HTTP/2 frames that ask the client to use HTTP/1.1.
    /// </summary>
    private const int NoHttp1 = -1;

    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private static readonly (string What, string Request, int[] Status)[] _requests =
    [
        ("a version that is not 13", Upgrade(version: "8"), [400]),
        ("no version", Upgrade(version: null), [400]),
        ("a key that is too short", Upgrade(key: "c2hvcnQ="), [400]),
        ("a key that is not base64", Upgrade(key: "!!!!!!!!!!!!!!!!!!!!!!!!"), [400]),
        ("no key", Upgrade(key: null), [400]),
        ("an upgrade to another protocol", Upgrade(upgrade: "h2c"), [400]),
        ("no Upgrade header", Upgrade(upgrade: null), [400]),
        ("a Connection header that does not say Upgrade", Upgrade(connection: "close"), [400]),
        ("a POST", Upgrade(method: "POST"), [400]),
        ("an upgrade with a body", Upgrade(more: "Content-Length: 5\r\n") + "hello", [400]),
        ("an unknown subprotocol", Upgrade(more: "Sec-WebSocket-Protocol: chat\r\n"), [400]),
        ("a subprotocol that is junk", Upgrade(more: "Sec-WebSocket-Protocol: ,,;\"\r\n"), [400]),
        ("two users", Upgrade("/ws?user=ann&user=eve"), [401]),
        ("a user that is a NUL character", Upgrade("/ws?user=%00"), [401]),
        ("a user of control characters", Upgrade("/ws?user=%1b%5b2J"), [401]),
        ("a user that is not valid UTF-8, so it stays percent-encoded", Upgrade("/ws?user=%ed%a0%80"), [101]),
        ("a user of 5,000 characters", Upgrade("/ws?user=" + new string('u', 5000)), [401]),
        ("percent signs without digits", Upgrade("/ws?user=%%%&room=%"), [400, 401]),
        ("two rooms", Upgrade("/ws?user=eve&room=a&room=b"), [400]),
        ("a room that is a path", Upgrade("/ws?user=eve&room=../../etc/passwd"), [400]),
        ("a room with a NUL character", Upgrade("/ws?user=eve&room=a%00b"), [400]),
        ("an after value that does not fit in 64 bits", Upgrade("/ws?user=eve&after=99999999999999999999999"), [400]),
        ("an origin that is junk", Upgrade(more: "Origin: ://\r\n"), [403]),
        ("two origins", Upgrade(more: "Origin: http://x\r\nOrigin: http://y\r\n"), [403]),
        ("an authorization that is not a bearer token", Upgrade(more: "Authorization: Basic YTpi\r\n"), [401]),
        ("two tokens", Upgrade("/ws?access_token=a.b.c", more: "Authorization: Bearer a.b.c\r\n"), [401]),
        ("a token that is junk in base64url", Upgrade(more: "Sec-WebSocket-Protocol: orleanschat.v1.json, bearer._____w\r\n"), [401]),
        ("an address of 9,000 bytes", Upgrade("/ws?user=" + new string('u', 9000)), [414]),
        ("headers of 40,000 bytes", Upgrade(more: string.Concat(Enumerable.Range(0, 20).Select(n => $"X-{n}: {new string('x', 2000)}\r\n"))), [431]),
        ("100 headers", Upgrade(more: string.Concat(Enumerable.Range(0, 100).Select(n => $"X-{n}: x\r\n"))), [431]),
        ("a header of 100,000 bytes", "GET /ws HTTP/1.1\r\nHost: x\r\nX: " + new string('x', 100_000) + "\r\n\r\n", [431]),
        ("no host", "GET /ws HTTP/1.1\r\n\r\n", [400]),
        ("two hosts", "GET /ws HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", [400]),
        ("a NUL in a header", "GET /ws HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", [400]),
        ("a NUL in the address", "GET /ws\0 HTTP/1.1\r\nHost: x\r\n\r\n", [400]),
        ("a percent-encoded NUL in the path", "GET /ws%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [400]),
        ("a folded header", "GET /ws HTTP/1.1\r\nHost: x\r\nX: a\r\n folded\r\n\r\n", [400]),
        ("both a content length and chunks", "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400]),
        ("a negative length", "POST /ws HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", [400]),
        ("a path that leads out of the page's folder", "GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [400, 404]),
        ("a path that leads out of the page's folder, percent-encoded", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", [400, 404]),
        ("HTTP 0.9", "GET /ws\r\n\r\n", [400]),
        ("HTTP 3", "GET /ws HTTP/3\r\nHost: x\r\n\r\n", [400, 505]),
        ("an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [NoHttp1]),
        ("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + new string('\x7', 512), [Closed, 400]),
        ("noise", new string('\xff', 5000), [400, 408]),
        ("5,000 empty lines", string.Concat(Enumerable.Repeat("\r\n", 5000)), [Closed, 400, 408]),
    ];

    [Fact]
    public async Task Request_WhenItIsInvalid_GetsItsStatus()
    {
        await using var siege = await Siege.StartAsync(http: new() { HeaderTimeout = TimeSpan.FromSeconds(2), IdleTimeout = TimeSpan.FromSeconds(2) });
        await siege.HoldsAsync(async server =>
        {
            var told = new List<string>();
            foreach (var (what, request, expected) in _requests)
            {
                using var stranger = await Stranger.ConnectAsync(server.Port);
                await stranger.SendAsync(request);
                var answer = await stranger.ReadHeadAsync();
                var status = answer.Length == 0 ? Closed : answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture) : NoHttp1;
                if (!expected.Contains(status))
                {
                    told.Add($"{what}: {answer} instead of {string.Join(" or ", expected)}");
                }
            }

            Assert.Empty(told);
        });
    }

    [Fact]
    public async Task Upgrade_WhenTheVersionIsUnknown_NamesTheSupportedOne()
    {
        await using var siege = await Siege.StartAsync();
        using var stranger = await Stranger.ConnectAsync(siege.Server.Port);
        await stranger.SendAsync(Upgrade(version: "8"));
        Assert.Contains("\r\nSec-WebSocket-Version: 13\r\n", await stranger.ReadToEndAsync(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Returns an upgrade request, which is valid by default. It asks the gateway to close the socket after the answer.
    /// </summary>
    private static string Upgrade(
        string path = "/ws", string method = "GET", string? upgrade = "websocket", string? connection = "Upgrade, close", string? key = Key,
        string? version = "13", string more = "")
    {
        var request = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: x\r\n");
        Add("Upgrade", upgrade);
        Add("Connection", connection);
        Add("Sec-WebSocket-Key", key);
        Add("Sec-WebSocket-Version", version);
        return request.Append(more).Append("\r\n").ToString();

        void Add(string name, string? value) => request.Append(value is null ? "" : $"{name}: {value}\r\n");
    }
}
