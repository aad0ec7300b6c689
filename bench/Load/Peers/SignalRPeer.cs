using System.Text.Json;

namespace OrleansChat.Load.Peers;

/// <summary>
/// A SignalR hub that sends each message to all members of the message's group, in one process and without storage:
/// <c>bench/SignalRPeer</c>. The client uses SignalR's JSON protocol over WebSockets, without negotiation.
/// </summary>
internal sealed class SignalRPeer : IPeer
{
    private const char End = '\u001e';
    private readonly ServerProcess _server;

    private SignalRPeer(ServerProcess server)
    {
        _server = server;
        Processes = [("signalr", server.Pid)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, int Pid)> Processes { get; }

    public static async Task<SignalRPeer> StartAsync(CancellationToken cancellationToken) =>
        new(await ServerProcess.StartAsync(ServerProcess.Built("bench/SignalRPeer", "OrleansChat.SignalRPeer"), cancellationToken));

    /// <inheritdoc/>
    public async Task<FrameSocket> JoinAsync(int number, string room, CancellationToken cancellationToken)
    {
        var socket = await FrameSocket.ConnectUnwatchedAsync(_server.Port, "/chat", subprotocol: null, cancellationToken);
        await socket.SendAsync($$"""{"protocol":"json","version":1}{{End}}""", cancellationToken);
        await SaidAsync(socket, "{}", cancellationToken);
        await socket.SendAsync(Invoke("Join", "1", room), cancellationToken);
        await SaidAsync(socket, "\"invocationId\":\"1\"", cancellationToken);
        return socket;
    }

    /// <inheritdoc/>
    public string Send(string room, string id, string text) => Invoke("Send", null, room, text);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string Invoke(string target, string? id, params string[] arguments) => (id is null
        ? $$"""{"type":1,"target":"{{target}}","arguments":{{JsonSerializer.Serialize(arguments)}}}"""
        : $$"""{"type":1,"invocationId":"{{id}}","target":"{{target}}","arguments":{{JsonSerializer.Serialize(arguments)}}}""") + End;

    private static Task SaidAsync(FrameSocket socket, string what, CancellationToken cancellationToken) =>
        Conversation.HearAsync(socket, what, cancellationToken);
}
