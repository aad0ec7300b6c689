using System.Globalization;

namespace OrleansChat.Load.Peers;

/// <summary>
/// Any server that speaks text frames: what a client says is given by templates, in which <c>{user}</c>, <c>{room}</c>, <c>{id}</c> and
/// <c>{text}</c> are filled in. What comes back may wrap the text in anything that leaves it as it is.
/// </summary>
/// <param name="Command">
/// Starts it, with <c>{port}</c> filled in and split at spaces, and again for each round; empty for a server that runs already.
/// </param>
/// <param name="Url">Such as <c>ws://127.0.0.1:{port}/ws?user={user}</c>; this machine's ports alone.</param>
/// <param name="Join">Said first; empty for nothing.</param>
/// <param name="Joined">What the answer to that contains; empty for no answer.</param>
/// <param name="Message">Said to send.</param>
/// <param name="Pids">Processes of a server that runs already.</param>
/// <param name="Skips">Scenarios that it is not put through, by how their names start.</param>
internal sealed record PeerTemplate(
    string Command, string Url, string Join, string Joined, string Message, IReadOnlyList<int> Pids, IReadOnlyList<string> Skips)
{
    /// <summary>Whether it is put through a scenario. Memory is measured only from a fresh start.</summary>
    public bool Takes(string scenario, bool fresh) =>
        (!fresh || Command.Length > 0) && !Skips.Any(skipped => scenario.StartsWith(skipped, StringComparison.OrdinalIgnoreCase));

    /// <summary>Starts the server, or takes the one that runs.</summary>
    public async Task<IPeer> StartAsync(CancellationToken cancellationToken)
    {
        if (Command.Length == 0)
        {
            return new TemplatePeer(this, null);
        }

        var words = Command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new TemplatePeer(this, await ServerProcess.StartAsync(
            words[0], port => words[1..].Select(word => TemplatePeer.FillPort(word, port)), cancellationToken));
    }
}

/// <summary>One such server.</summary>
internal sealed class TemplatePeer(PeerTemplate template, ServerProcess? server) : IPeer
{
    /// <inheritdoc/>
    public IReadOnlyList<(string Name, int Pid)> Processes { get; } =
        [.. (server is null ? template.Pids : [server.Pid]).Select((pid, i) => ($"peer-{i + 1}", pid))];

    /// <inheritdoc/>
    public async Task<FrameSocket> JoinAsync(int number, string room, CancellationToken cancellationToken)
    {
        var url = new Uri(FillPort(Fill(template.Url, number, room, "", ""), server?.Port ?? 0));
        var socket = await FrameSocket.ConnectUnwatchedAsync(url.Port, url.PathAndQuery, subprotocol: null, cancellationToken);
        if (template.Join.Length > 0)
        {
            await socket.SendAsync(Fill(template.Join, number, room, "", ""), cancellationToken);
        }

        if (template.Joined.Length > 0)
        {
            await Conversation.HearAsync(socket, Fill(template.Joined, number, room, "", ""), cancellationToken);
        }

        return socket;
    }

    /// <inheritdoc/>
    public string Send(string room, string id, string text) => Fill(template.Message, 0, room, id, text);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Fills <c>{port}</c> in.</summary>
    public static string FillPort(string template, int port) =>
        template.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string Fill(string template, int number, string room, string id, string text) => template
        .Replace("{user}", $"user{number}", StringComparison.Ordinal)
        .Replace("{room}", room, StringComparison.Ordinal)
        .Replace("{id}", id, StringComparison.Ordinal)
        .Replace("{text}", text, StringComparison.Ordinal);
}
