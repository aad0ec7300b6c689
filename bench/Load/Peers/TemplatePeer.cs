namespace OrleansChat.Load.Peers;

/// <summary>
/// Any server that speaks text frames and is running already: what a client says is given by templates, in which <c>{user}</c>,
/// <c>{room}</c>, <c>{id}</c> and <c>{text}</c> are filled in. What comes back may wrap the text in anything that leaves it as it is.
/// </summary>
/// <param name="Url">Such as <c>ws://127.0.0.1:8080/ws?user={user}</c>; this machine's ports alone.</param>
/// <param name="Join">Said first; empty for nothing.</param>
/// <param name="Joined">What the answer to that contains; empty for no answer.</param>
/// <param name="Message">Said to send.</param>
/// <param name="Pids">The server's processes.</param>
internal sealed record TemplatePeer(string Url, string Join, string Joined, string Message, IReadOnlyList<int> Pids) : IPeer
{
    /// <inheritdoc/>
    public IReadOnlyList<(string Name, int Pid)> Processes => [.. Pids.Select((pid, i) => ($"peer-{i + 1}", pid))];

    /// <inheritdoc/>
    public async Task<FrameSocket> JoinAsync(int number, string room, CancellationToken cancellationToken)
    {
        var url = new Uri(Fill(Url, number, room, "", ""));
        var socket = await FrameSocket.ConnectUnwatchedAsync(url.Port, url.PathAndQuery, subprotocol: null, cancellationToken);
        if (Join.Length > 0)
        {
            await socket.SendAsync(Fill(Join, number, room, "", ""), cancellationToken);
        }

        if (Joined.Length > 0)
        {
            await Conversation.HearAsync(socket, Fill(Joined, number, room, "", ""), cancellationToken);
        }

        return socket;
    }

    /// <inheritdoc/>
    public string Send(string room, string id, string text) => Fill(Message, 0, room, id, text);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Fill(string template, int number, string room, string id, string text) => template
        .Replace("{user}", $"user{number}", StringComparison.Ordinal)
        .Replace("{room}", room, StringComparison.Ordinal)
        .Replace("{id}", id, StringComparison.Ordinal)
        .Replace("{text}", text, StringComparison.Ordinal);
}
