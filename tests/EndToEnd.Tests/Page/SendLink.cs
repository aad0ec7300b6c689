using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// Passes frames between the WebSockets of a browser context and the server, except the frames that a test blocks.
/// </summary>
internal sealed partial class SendLink
{
    private readonly List<IWebSocketRoute> _sockets = [];
    private bool _isDown;

    /// <summary>Whether this link drops <c>send</c> commands. All other frames pass.</summary>
    public bool IsCut { get; set; }

    /// <summary>
    /// Whether this link answers <c>send</c> commands with <c>forbidden</c>, instead of sending them to the server.
    /// </summary>
    public bool Refuses { get; set; }

    /// <summary>Makes a link for all WebSockets that pages of the context open from now on.</summary>
    public static async Task<SendLink> OfAsync(IBrowserContext context)
    {
        var link = new SendLink();
        await context.RouteWebSocketAsync(Sockets(), link.Connect);
        return link;
    }

    /// <summary>Closes all open sockets. From then on, closes each socket that a page opens.</summary>
    public async Task EndAsync()
    {
        _isDown = true;
        foreach (var socket in _sockets)
        {
            await socket.CloseAsync(new() { Code = 1001 });
        }
    }

    private void Connect(IWebSocketRoute page)
    {
        _sockets.Add(page);
        if (_isDown)
        {
            _ = page.CloseAsync(new() { Code = 1001 });
            return;
        }

        var server = page.ConnectToServer();
        page.OnMessage(frame =>
        {
            var text = frame.Text!;
            if ((!IsCut && !Refuses) || !text.Contains("\"t\":\"send\"", StringComparison.Ordinal))
            {
                server.Send(text);
            }
            else if (Refuses)
            {
                page.Send(new JsonObject
                {
                    ["t"] = "err",
                    ["id"] = (string)JsonNode.Parse(text)!["id"]!,
                    ["code"] = "forbidden",
                    ["message"] = "Not today.",
                }.ToJsonString());
            }
        });
    }

    [GeneratedRegex("/ws")]
    private static partial Regex Sockets();
}
