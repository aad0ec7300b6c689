namespace OrleansChat.Load.Peers;

/// <summary>A chat server under load, in its own processes, with its own protocol.</summary>
internal interface IPeer : IAsyncDisposable
{
    /// <summary>The processes whose CPU and memory are measured.</summary>
    IReadOnlyList<(string Name, int Pid)> Processes { get; }

    /// <summary>Connects the user with this number, and joins a room.</summary>
    Task<FrameSocket> JoinAsync(int number, string room, CancellationToken cancellationToken);

    /// <summary>Returns the frame with which a client sends a text.</summary>
    /// <param name="id">The message's id. No other message of the sender has this id.</param>
    string Send(string room, string id, string text);
}
