namespace OrleansChat.Load.Peers;

/// <summary>A chat server under load, in processes of its own, spoken to in its own words.</summary>
internal interface IPeer : IAsyncDisposable
{
    /// <summary>The processes whose CPU and memory count, by name.</summary>
    IReadOnlyList<(string Name, int Pid)> Processes { get; }

    /// <summary>Connects a user, the <paramref name="number"/>th of all, and joins a room that nothing was said in.</summary>
    Task<FrameSocket> JoinAsync(int number, string room, CancellationToken cancellationToken);

    /// <summary>What a client says to send this text. The id is the message's own.</summary>
    string Send(string room, string id, string text);
}
