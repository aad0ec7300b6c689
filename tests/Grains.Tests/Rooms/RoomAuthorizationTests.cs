using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;
using OrleansChat.Grains.Tests.Cluster;
using OrleansChat.Grains.Tests.MessageLog;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// The questions to the authorizer: how long an answer may take, how long it is cached, how many questions may be open,
/// and what is logged.
/// </summary>
public sealed class RoomAuthorizationTests : IDisposable
{
    private static readonly Question Ann = new("team", RoomKind.Group, "ann", RoomAction.Write, RoomAction.None, RoomRole.Member);

    private readonly ManualTime _time = new();
    private readonly TestAuthorizer _authorizer = new();
    private readonly KeptLog _lines = new();
    private readonly ILoggerFactory _logging;
    private readonly RoomAuthorization _authorization;

    public RoomAuthorizationTests()
    {
        _logging = LoggerFactory.Create(logging => logging.AddProvider(_lines));
        _authorization = new(_time, _logging.CreateLogger<RoomAuthorization>(), _authorizer);
    }

    public void Dispose()
    {
        _logging.Dispose();
        _lines.Dispose();
    }

    [Fact]
    public async Task Answer_WhenItIsKnown_IsAskedAgainOnlyAfterItsLifetime()
    {
        _authorizer.Set("team", _ => RoomDecision.Allow);
        var first = await AskAsync(Ann);
        _authorizer.Set("team", _ => RoomDecision.Deny);

        _time.Advance(DecisionCache.Lifetime - TimeSpan.FromMilliseconds(1));
        var cached = await AskAsync(Ann);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var fresh = await AskAsync(Ann);

        Assert.Equal([new(Allowed: RoomAction.Write), new(Allowed: RoomAction.Write), new(Denied: RoomAction.Write)], [first!.Value, cached!.Value, fresh!.Value]);
        Assert.Equal(2, _authorizer.AskedOf("team").Length);
    }

    [Fact]
    public async Task Answer_WhenTheUserRoomActionOrTokenDiffers_IsAskedAnew()
    {
        Question[] questions =
        [
            Ann, Ann with { User = "bob" }, Ann with { Room = "other" }, Ann with { Actions = RoomAction.React }, Ann with { Claimed = RoomAction.Join }, Ann,
        ];

        var answers = await _authorization.AskAsync(questions);
        await _authorization.AskAsync(questions);

        Assert.Equal([.. questions.Select(question => (Access?)new Access(question.Claimed))], answers);
        Assert.Equal(4, _authorizer.AskedOf("team").Length);
        Assert.Single(_authorizer.AskedOf("other"));
    }

    [Fact]
    public async Task Question_WhenTheAuthorizerHangs_EndsAfterItsPatienceForAll()
    {
        _authorizer.Set("team", TestAuthorizer.Hang);
        var bob = Ann with { User = "bob" };
        _authorizer.Set("other", _ => RoomDecision.Deny);
        var asking = _authorization.AskAsync([Ann, bob, Ann with { Room = "other" }]).AsTask();

        _time.Advance(RoomAuthorization.Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(asking.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal([null, null, new Access(Denied: RoomAction.Write)], await asking.WaitAsync(TimeSpan.FromSeconds(10), Ct));
    }

    [Fact]
    public async Task Answer_WhenItIsLate_IsUsedForTheNextQuestion()
    {
        var late = new TaskCompletionSource<RoomDecision>();
        _authorizer.Set("team", (_, _) => new(late.Task));
        var asking = _authorization.AskAsync([Ann]).AsTask();
        _time.Advance(RoomAuthorization.Patience);
        var first = await asking.WaitAsync(TimeSpan.FromSeconds(10), Ct);

        late.SetResult(RoomDecision.Allow);

        Assert.Null(first[0]);
        Assert.Equal(new Access(Allowed: RoomAction.Write), await AskAsync(Ann));
        Assert.Single(_authorizer.AskedOf("team"));
    }

    [Fact]
    public async Task Questions_WhenTooManyOfARoomAreOpen_FailAtOnceOnlyThere()
    {
        _authorizer.Set("team", TestAuthorizer.Hang);
        var asking = _authorization.AskAsync([.. RoomAuthorization.MaxPendingOfRoom.To().Select(i => Ann with { User = $"user-{i}" })]).AsTask();
        _time.Advance(RoomAuthorization.Patience);
        await asking.WaitAsync(TimeSpan.FromSeconds(10), Ct);

        var next = _authorization.AskAsync([Ann]);

        Assert.True(next.IsCompleted);
        Assert.Null((await next)[0]);
        Assert.NotNull(await AskAsync(Ann with { Room = "other" }));
    }

    [Fact]
    public async Task Outage_WhenItBeginsAndEnds_IsLoggedOnceEach()
    {
        var failure = new InvalidOperationException("down");
        _authorizer.Set("team", (_, _) => ValueTask.FromException<RoomDecision>(failure));
        _authorizer.Set("odd", _ => (RoomDecision)7);

        Assert.Null(await AskAsync(Ann));
        Assert.Null(await AskAsync(Ann));
        Assert.Null(await AskAsync(Ann with { Room = "odd" }));
        Assert.NotNull(await AskAsync(Ann with { Room = "other" }));
        _time.Advance(RoomAuthorization.Recovery);
        Assert.NotNull(await AskAsync(Ann with { Room = "other", User = "bob" }));
        Assert.NotNull(await AskAsync(Ann with { Room = "other", User = "cat" }));

        Assert.Equal(
            [
                "Warning: The room authorizer does not answer; commands that need its answer are refused as unavailable",
                "Information: The room authorizer answers again; 3 questions had no answer",
            ],
            _lines.Lines.Select(line => line.Text));
        Assert.Same(failure, _lines.Lines.First().Exception);
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private async Task<Access?> AskAsync(Question question) => (await _authorization.AskAsync([question]))[0];
}
