using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace OrleansChat.EndToEnd.Tests.Page;

/// <summary>
/// A reverse proxy that serves a gateway below a path prefix. If the path of a request begins with the prefix, the
/// proxy removes the prefix. It answers all other requests with 404. A <see cref="TestSupport.TcpRelay"/> calls the
/// proxy for each connection.
/// </summary>
/// <param name="prefix">A path such as <c>/chat</c>.</param>
internal sealed class PathPrefix(string prefix)
{
    private const int MaxHeadBytes = 16 * 1024;
    private readonly ConcurrentQueue<string> _strays = [];

    /// <summary>The requested paths that do not begin with the prefix.</summary>
    public IReadOnlyList<string> Strays => [.. _strays];

    /// <summary>
    /// Reads the head of a request, and returns the head without the prefix. Returns null if the proxy has answered the
    /// request with 404.
    /// </summary>
    public async Task<byte[]?> OpenAsync(NetworkStream browser, CancellationToken stop)
    {
        var head = Encoding.Latin1.GetString(await HeadAsync(browser, stop));
        var path = head.Split(' ') is [_, var asked, ..] ? asked : "";
        if (!path.StartsWith($"{prefix}/", StringComparison.Ordinal))
        {
            _strays.Enqueue(path);
            await browser.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), stop);
            return null;
        }

        // The proxy changes only the first request of a connection. So it asks the gateway to close the connection
        // after this request.
        return Encoding.Latin1.GetBytes(head
            .Replace($" {path} ", $" {path[prefix.Length..]} ", StringComparison.Ordinal)
            .Replace("Connection: keep-alive", "Connection: close", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<byte[]> HeadAsync(NetworkStream from, CancellationToken stop)
    {
        List<byte> head = [];
        var one = new byte[1];
        while (head.Count < MaxHeadBytes && await from.ReadAsync(one, stop) == 1)
        {
            head.Add(one[0]);
            if (head is [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
            {
                break;
            }
        }

        return [.. head];
    }
}
