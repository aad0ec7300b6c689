using System.Globalization;

namespace OrleansChat.Load.Peers;

/// <summary>
/// Describes a server that uses text frames. Each frame of a client is a template, in which <c>{user}</c>,
/// <c>{room}</c>, <c>{id}</c> and <c>{text}</c> are replaced. A frame of the server may contain anything before and
/// after the text of a message, but the text itself must be unchanged.
/// </summary>
/// <param name="Command">The command that starts the server for each round, split at spaces, with <c>{port}</c> filled
/// in; empty for a server that is already running.
/// </param>
/// <param name="Url">The address, such as <c>ws://127.0.0.1:{port}/ws?user={user}</c>. Only its port, path and query
/// are used: clients always connect to 127.0.0.1.</param>
/// <param name="Join">The first frame of a client; empty for none.</param>
/// <param name="Joined">A text that the answer to <paramref name="Join"/> contains; empty if the client does not wait
/// for an answer.</param>
/// <param name="Message">The frame that sends a message.</param>
/// <param name="Pids">The process ids of a server that is already running.</param>
/// <param name="Skips">A scenario is skipped if its name starts with one of these texts.</param>
internal sealed record PeerTemplate(
    string Command, string Url, string Join, string Joined, string Message, IReadOnlyList<int> Pids, IReadOnlyList<string> Skips)
{
    /// <summary>
    /// Returns whether the server runs a scenario. <paramref name="fresh"/> means that the scenario needs a server that
    /// has just started.
    /// </summary>
    public bool Takes(string scenario, bool fresh) =>
        (!fresh || Command.Length > 0) && !Skips.Any(skipped => scenario.StartsWith(skipped, StringComparison.OrdinalIgnoreCase));

    /// <summary>Starts the server, or uses the one that is already running.</summary>
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

/// <summary>A running server that is described by a <see cref="PeerTemplate"/>.</summary>
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

    public static string FillPort(string template, int port) =>
        template.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static string Fill(string template, int number, string room, string id, string text) => template
        .Replace("{user}", $"user{number}", StringComparison.Ordinal)
        .Replace("{room}", room, StringComparison.Ordinal)
        .Replace("{id}", id, StringComparison.Ordinal)
        .Replace("{text}", text, StringComparison.Ordinal);
}
