using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>What a user's grain believes of the sessions here.</summary>
public sealed class UsersTests : IDisposable
{
    private readonly UserThatSays _ann = new();
    private readonly UserThatSays _bob = new();
    private readonly SessionRig _rig = new();
    private readonly ManualTime _time = new();
    private readonly Users _users;

    public UsersTests()
    {
        var grains = GrainsInMemory.Of(("ann", _ann), ("bob", _bob));
        var ongoing = new Ongoing(NullLogger<Ongoing>.Instance);
        var feeds = new Feeds(grains, new(), ongoing, Options.Create(new FanoutOptions()), new(new Meters()), _time);
        _users = new(grains, new(), feeds, new(Options.Create(new ConnectionOptions()), _time), ongoing, Options.Create(new ProtocolLimits()), _time, NullLogger<Users>.Instance);
    }

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task ConnectAndDisconnect_AreTold()
    {
        var session = Session("ann");
        Assert.True(await _users.ConnectAsync(session, "phone"));
        _users.Disconnect(session);
        await Waiting.UntilAsync(() => _ann.Calls.Length == 2, "the grain to be told");
        Assert.Equal([$"connect {session.Id}", $"disconnect {session.Id}"], _ann.Calls);
    }

    [Fact]
    public async Task AConnectWhoseAnswerIsLost_IsTakenBack()
    {
        var session = Session("ann");
        _ann.BeforeConnect = () => throw new TimeoutException("lost");
        await Assert.ThrowsAsync<TimeoutException>(() => _users.ConnectAsync(session, null));
        await Waiting.UntilAsync(() => _ann.Calls.Length == 2, "the grain to be told");
        Assert.Equal($"disconnect {session.Id}", _ann.Calls[^1]);
    }

    [Fact]
    public async Task AGatewayWhoseLeaseIsOver_IsNotTheUsersFault()
    {
        _ann.Admits = Admission.GatewayExpired;
        await Assert.ThrowsAsync<InvalidOperationException>(() => _users.ConnectAsync(Session("ann"), null));
        _ann.Admits = Admission.TooMany;
        Assert.False(await _users.ConnectAsync(Session("ann"), null));
    }

    [Fact]
    public async Task AttendAll_WhenOneUsersGrainIsAway_TellsTheOthers_AndTriesAgain()
    {
        await _users.ConnectAsync(Session("ann"), null);
        await _users.ConnectAsync(Session("bob"), null);
        var failures = 0;
        _ann.BeforeAttend = () => ++failures <= 2 ? throw new TimeoutException("its silo is gone") : Task.CompletedTask;
        var attending = _users.AttendAllAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => _bob.Attended is not null, "the other user's grain to be told");
        for (; !attending.IsCompleted; await Task.Delay(10, TestContext.Current.CancellationToken))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await attending;
        Assert.Single(_ann.Attended!);
    }

    [Fact]
    public async Task AttendAll_WhenASessionComesMeanwhile_HasTheLastWord()
    {
        await _users.ConnectAsync(Session("ann"), null);
        var (first, second) = (new TaskCompletionSource(), Session("ann"));
        _ann.BeforeAttend = () => first.Task;
        var attending = _users.AttendAllAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => _ann.Calls[^1] == "attend", "the call");
        await _users.ConnectAsync(second, null);
        first.SetResult();
        await Waiting.ForAsync(attending, "the attendance");
        Assert.Contains(_ann.Attended!, session => session.Session == second.Id);
    }

    [Fact]
    public async Task AttendAll_WhenTheLastSessionGoesMeanwhile_LeavesNoGhost()
    {
        var session = Session("ann");
        await _users.ConnectAsync(session, null);
        var first = new TaskCompletionSource();
        _ann.BeforeAttend = () => first.Task;
        var attending = _users.AttendAllAsync(TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => _ann.Calls[^1] == "attend", "the call");
        _users.Disconnect(session);
        first.SetResult();
        await Waiting.ForAsync(attending, "the attendance");
        Assert.Empty(_ann.Attended!);
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

        public async Task<Admission> ConnectAsync(string gateway, UserSession session, int most)
        {
            Note($"connect {session.Session}");
            await BeforeConnect();
            return Admits;
        }

        public Task DisconnectAsync(string gateway, string session)
        {
            Note($"disconnect {session}");
            return Task.CompletedTask;
        }

        public async Task<UserRing[]> AttendAsync(string gateway, UserSession[] sessions)
        {
            Note("attend");
            await BeforeAttend();
            Attended = sessions;
            return [];
        }

        public Task<SendGrant> TakeSendsAsync(int wanted, int perSecond, int burst) => Task.FromResult(new SendGrant(wanted, 0));

        public Task RingAsync(string room, long from, long to) => Task.CompletedTask;

        public Task<bool> IsOnlineAsync() => Task.FromResult(true);

        public Task GatewayGoneAsync(string gateway) => Task.CompletedTask;

        private void Note(string call)
        {
            lock (_calls)
            {
                _calls.Add(call);
            }
        }
    }
}
