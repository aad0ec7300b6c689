using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>The calls to a user's grain about the user's sessions and budgets on this gateway.</summary>
public sealed class UserClientsTests : IDisposable
{
    private readonly UserThatSays _ann = new();
    private readonly UserThatSays _bob = new();
    private readonly SessionRig _rig = new();
    private readonly ManualTime _time = new();
    private readonly UserClients _users;

    public UserClientsTests()
    {
        var grains = GrainsInMemory.Create(("ann", _ann), ("bob", _bob));
        var background = new BackgroundTasks(NullLogger<BackgroundTasks>.Instance);
        _users = new(grains, new(), TestRooms.Create(grains, time: _time).Rooms, new(Options.Create(new ConnectionOptions()), _time), background, Options.Create(new ProtocolLimits()), Options.Create(new BudgetOptions()), _time, NullLogger<UserClients>.Instance);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Session_WhenItConnectsAndDisconnects_NotifiesTheUserGrain()
    {
        var session = Session("ann");

        Assert.Equal(Admission.Admitted, (await _users.ConnectAsync(session, "phone", 0)).Admission);
        _users.Disconnect(session);

        await Waiting.UntilAsync(() => _ann.Calls.Length == 2, "the disconnect call");
        Assert.Equal([$"connect {session.Id}", $"disconnect {session.Id}"], _ann.Calls);
    }

    [Fact]
    public async Task Connect_WhenTheAnswerIsLost_Disconnects()
    {
        var session = Session("ann");
        _ann.BeforeConnect = () => throw new TimeoutException("lost");

        await Assert.ThrowsAsync<TimeoutException>(() => _users.ConnectAsync(session, null, 0));

        await Waiting.UntilAsync(() => _ann.Calls.Length == 2, "the disconnect call");
        Assert.Equal($"disconnect {session.Id}", _ann.Calls[^1]);
    }

    [Fact]
    public async Task Connect_WhenTheGatewayLeaseEnded_Throws()
    {
        _ann.Admits = Admission.GatewayExpired;
        await Assert.ThrowsAsync<InvalidOperationException>(() => _users.ConnectAsync(Session("ann"), null, 0));

        _ann.Admits = Admission.TooMany;
        Assert.Equal(Admission.TooMany, (await _users.ConnectAsync(Session("ann"), null, 0)).Admission);
    }

    [Fact]
    public async Task SyncAll_WhenOneUserGrainFails_RetriesItAndCallsTheOthers()
    {
        await _users.ConnectAsync(Session("ann"), null, 0);
        await _users.ConnectAsync(Session("bob"), null, 0);
        var failures = 0;
        _ann.BeforeAttend = () => ++failures <= 2 ? throw new TimeoutException("its silo is gone") : Task.CompletedTask;

        var attending = _users.SyncAllSessionsAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => _bob.Attended is not null, "the attend call to Bob's grain");
        for (; !attending.IsCompleted; await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await attending;
        Assert.Single(_ann.Attended!);
    }

    [Fact]
    public async Task SyncAll_WhenASessionConnectsMeanwhile_ReportsItToo()
    {
        await _users.ConnectAsync(Session("ann"), null, 0);
        var (first, second) = (new TaskCompletionSource(), Session("ann"));
        _ann.BeforeAttend = () => first.Task;

        var attending = _users.SyncAllSessionsAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => _ann.Calls[^1] == "attend", "the attend call");
        await _users.ConnectAsync(second, null, 0);
        first.SetResult();
        await Waiting.ForAsync(attending, "the end of the attend calls");

        Assert.Contains(_ann.Attended!, session => session.Session == second.Id);
    }

    [Fact]
    public async Task SyncAll_WhenTheLastSessionEndsMeanwhile_ReportsNone()
    {
        var session = Session("ann");
        await _users.ConnectAsync(session, null, 0);
        var first = new TaskCompletionSource();
        _ann.BeforeAttend = () => first.Task;

        var attending = _users.SyncAllSessionsAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => _ann.Calls[^1] == "attend", "the attend call");
        _users.Disconnect(session);
        first.SetResult();
        await Waiting.ForAsync(attending, "the end of the attend calls");

        Assert.Empty(_ann.Attended!);
    }

    [Fact]
    public async Task Take_WhenTheBlockIsNotUsedUp_MakesNoCall()
    {
        await _users.ConnectAsync(Session("ann"), null, 0);

        for (var i = 0; i < 10; i++)
        {
            var taken = _users.TakeAsync("ann", BudgetKind.Sends).AsTask();
            Assert.True(taken.IsCompleted);
            Assert.Equal(0, await taken);
        }

        Assert.DoesNotContain("lease", _ann.Calls);
    }

    [Fact]
    public async Task Disconnect_WhenItIsTheLastSession_ReturnsTheUnspentBudget()
    {
        var (first, last) = (Session("ann"), Session("ann"));
        await _users.ConnectAsync(first, null, 0);
        await _users.ConnectAsync(last, null, 0);
        await _users.TakeAsync("ann", BudgetKind.Sends);

        _users.Disconnect(first);
        _users.Disconnect(last);

        await Waiting.UntilAsync(() => _ann.Calls[^1] == $"disconnect {last.Id}", "the disconnect call");
        Assert.Equal([9, 10], _ann.Asks.Where(ask => ask.Returned > 0).Select(ask => ask.Returned));
    }

    [Fact]
    public async Task Connect_WhenTheUserConnectsTooOften_IsRefusedWithARetryTime()
    {
        _ann.Admits = Admission.TooOften;

        Assert.Equal(new Opening(Admission.TooOften, 500, 0), await _users.ConnectAsync(Session("ann"), null, 3));

        Assert.Equal(0, await _users.TakeAsync("ann", BudgetKind.Sends));
    }

    [Fact]
    public async Task Connect_WhenItHasCursors_LeasesThemInTheSameCall()
    {
        _ann.Leases = ask => ask.Kind == BudgetKind.Cursors ? new(2, 0, 0, 60, 1000, false) : new(ask.Wanted, 0, 0, 0, 1000, false);

        Assert.Equal(new Opening(Admission.Admitted, 60, 2), await _users.ConnectAsync(Session("ann"), null, 3));

        Assert.Equal(2000, _ann.Asks.Single(ask => ask.Kind == BudgetKind.Cursors).Burst);
        Assert.Single(_ann.Calls);
    }

    [Fact]
    public async Task ConversationChanged_WhenCalled_NotifiesTheUserGrain()
    {
        var session = Session("ann");
        await _users.ConnectAsync(session, null, 0);

        _users.ConversationChanged(session, "team");

        await Waiting.UntilAsync(() => _ann.Calls.Contains($"changed team {session.Id}"), "the notification");
    }

    private Session Session(string user) => new(Guid.NewGuid().ToString("N"), user, JsonFormat.Instance, _rig.Wire, _rig.Ports);

    private sealed class UserThatSays : IUserGrain
    {
        private readonly List<string> _calls = [];

        public Admission Admits { get; set; } = Admission.Admitted;

        public Func<Task> BeforeConnect { get; set; } = () => Task.CompletedTask;

        public Func<Task> BeforeAttend { get; set; } = () => Task.CompletedTask;

        public UserSession[]? Attended { get; private set; }

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

        /// <summary>The budget requests of the open, lease and close calls, in order.</summary>
        public List<BudgetAsk> Asks { get; } = [];

        /// <summary>
        /// Answers a budget request. By default, it grants <see cref="BudgetAsk.Wanted"/> units, and ten more if
        /// <see cref="BudgetAsk.Ahead"/> is set.
        /// </summary>
        public Func<BudgetAsk, BudgetGrant> Leases { get; set; } = ask => new(ask.Wanted + (ask.Ahead ? 10 : 0), 0, 0, 0, 1000, false);

        public async Task<Opened> OpenAsync(string gateway, UserSession session, int most, BudgetAsk[] asks)
        {
            Note($"connect {session.Session}");
            await BeforeConnect();
            return new(Admits, Admits == Admission.TooOften ? 500 : 0, Admits == Admission.Admitted ? Lease(asks) : []);
        }

        public Task ConversationChangedAsync(string room, string session)
        {
            Note($"changed {room} {session}");
            return Task.CompletedTask;
        }

        public Task CloseAsync(string gateway, string session, BudgetAsk[] returned)
        {
            Note($"disconnect {session}");
            Lease(returned);
            return Task.CompletedTask;
        }

        public Task<BudgetGrant[]> LeaseAsync(string gateway, BudgetAsk[] asks)
        {
            Note("lease");
            return Task.FromResult(Lease(asks));
        }

        public Task<Admission> ConnectAsync(string gateway, UserSession session, int most) => throw new NotSupportedException("for older gateways");

        public Task DisconnectAsync(string gateway, string session) => throw new NotSupportedException("for older gateways");

        public Task<SendGrant> TakeSendsAsync(int wanted, int perSecond, int burst) => throw new NotSupportedException("for older gateways");

        public async Task<UserNotification[]> SyncSessionsAsync(string gateway, UserSession[] sessions)
        {
            Note("attend");
            await BeforeAttend();
            Attended = sessions;
            return [];
        }

        public Task NotifyAsync(string room, long from, long to) => Task.CompletedTask;

        public Task<TimeSpan> TakeCreationAsync(int burst, TimeSpan interval) => Task.FromResult(TimeSpan.Zero);

        public Task<TimeSpan> TakeActionAsync(UserAction action, int burst, TimeSpan interval) => Task.FromResult(TimeSpan.Zero);

        public Task<bool> IsOnlineAsync() => Task.FromResult(true);

        public Task GatewayGoneAsync(string gateway) => Task.CompletedTask;

        private BudgetGrant[] Lease(BudgetAsk[] asks)
        {
            lock (_calls)
            {
                Asks.AddRange(asks);
                return Array.ConvertAll(asks, ask => Leases(ask));
            }
        }

        private void Note(string call)
        {
            lock (_calls)
            {
                _calls.Add(call);
            }
        }
    }
}
