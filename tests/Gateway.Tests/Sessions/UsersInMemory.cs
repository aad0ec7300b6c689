using OrleansChat.Gateway.Sessions;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>Users without a cluster.</summary>
internal sealed class UsersInMemory : IUsers
{
    private readonly List<string> _calls = [];

    /// <summary>Whether users have too many sessions.</summary>
    public bool Full { get; set; }

    /// <summary>What the next send is told: zero, or milliseconds to wait.</summary>
    public Func<string, ValueTask<int>> TakesSend { get; set; } = _ => ValueTask.FromResult(0);

    /// <summary>Runs before a session is connected; may wait or fail.</summary>
    public Func<Task> BeforeConnect { get; set; } = () => Task.CompletedTask;

    /// <summary>What was told, in order: <c>connect ann</c>.</summary>
    public string[] Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    public async Task<bool> ConnectAsync(Session session, string? device)
    {
        await BeforeConnect();
        Note($"connect {session.User}");
        return !Full;
    }

    public void Disconnect(Session session) => Note($"disconnect {session.User}");

    public ValueTask<int> TakeSendAsync(string user) => TakesSend(user);

    private void Note(string call)
    {
        lock (_calls)
        {
            _calls.Add(call);
        }
    }
}
