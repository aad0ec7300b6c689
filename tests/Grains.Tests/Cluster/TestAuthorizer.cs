using System.Collections.Concurrent;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Cluster;

/// <summary>An authorizer whose answers a test sets for each room. It abstains in all other rooms.</summary>
internal sealed class TestAuthorizer : IRoomAuthorizer
{
    private readonly ConcurrentDictionary<string, Func<RoomRequest, CancellationToken, ValueTask<RoomDecision>>> _answers = [];
    private readonly ConcurrentQueue<RoomRequest> _asked = [];

    /// <summary>An answer that never comes and ignores its cancellation token.</summary>
    public static readonly Func<RoomRequest, CancellationToken, ValueTask<RoomDecision>> Hang = (_, _) => new(new TaskCompletionSource<RoomDecision>().Task);

    public ValueTask<RoomDecision> AuthorizeAsync(RoomRequest request, CancellationToken cancellationToken)
    {
        _asked.Enqueue(request);
        return _answers.TryGetValue(request.Room, out var answer) ? answer(request, cancellationToken) : new(RoomDecision.Abstain);
    }

    public void Set(string room, Func<RoomRequest, CancellationToken, ValueTask<RoomDecision>> answer) => _answers[room] = answer;

    public void Set(string room, Func<RoomRequest, RoomDecision> answer) => Set(room, (request, _) => new(answer(request)));

    /// <summary>The requests about a room so far, in order.</summary>
    public RoomRequest[] AskedOf(string room) => [.. _asked.Where(request => request.Room == room)];
}

/// <summary>A cluster whose silos have an authorizer.</summary>
public sealed class AuthorizerCluster : IAsyncLifetime
{
    public AuthorizerCluster() => Cluster = new() { Authorizer = Authorizer };

    internal TestAuthorizer Authorizer { get; } = new();

    internal SiloTestCluster Cluster { get; }

    public ValueTask InitializeAsync() => Cluster.InitializeAsync();

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();
}
