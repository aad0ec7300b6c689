using System.Collections.Concurrent;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>Fake user grains, without a cluster.</summary>
internal sealed class UsersInMemory : IUsers
{
    private readonly List<string> _calls = [];

    /// <summary>Whether every connect is refused because the user has too many sessions.</summary>
    public bool Full { get; set; }

    /// <summary>
    /// Takes one unit of a user's send budget. Returns 0, or the milliseconds to wait if the budget is used up.
    /// </summary>
    public Func<string, ValueTask<int>> TakesSend { get; set; } = _ => ValueTask.FromResult(0);

    /// <summary>Runs before a session connects. This function may wait or fail.</summary>
    public Func<Task> BeforeConnect { get; set; } = () => Task.CompletedTask;

    /// <summary>The calls in order, for example <c>connect ann</c>.</summary>
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

    /// <summary>Like <see cref="TakesSend"/>, but for the budget of all other commands.</summary>
    public Func<string, ValueTask<int>> TakesCommand { get; set; } = _ => ValueTask.FromResult(0);

    /// <summary>Maximum number of rooms that a session may resume.</summary>
    public int Cursors { get; set; } = int.MaxValue;

    /// <summary>
    /// If not 0, every connect is refused because the user connects too often. The value is the retry time of the
    /// refusal, in milliseconds.
    /// </summary>
    public int TooOftenMs { get; set; }

    /// <summary>For each user, the sum of the units of all <see cref="Charge"/> calls.</summary>
    public ConcurrentDictionary<string, int> Charged { get; } = [];

    public async Task<Opening> ConnectAsync(Session session, string? device, int cursors)
    {
        await BeforeConnect();
        Note($"connect {session.User}");
        return Full ? new(Admission.TooMany, 0, 0) : TooOftenMs > 0 ? new(Admission.TooOften, TooOftenMs, 0) : new(Admission.Admitted, 200, Math.Min(cursors, Cursors));
    }

    public void Disconnect(Session session) => Note($"disconnect {session.User}");

    public ValueTask<int> TakeAsync(string user, BudgetKind kind) => kind == BudgetKind.Sends ? TakesSend(user) : TakesCommand(user);

    public void Charge(string user, BudgetKind kind, int units) => Charged.AddOrUpdate(user, units, (_, charged) => charged + units);

    public void ConversationChanged(Session session, string room) => Note($"changed {session.User} {room}");

    private void Note(string call)
    {
        lock (_calls)
        {
            _calls.Add(call);
        }
    }
}
