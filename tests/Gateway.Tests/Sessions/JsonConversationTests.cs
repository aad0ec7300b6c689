using System.Globalization;
using System.Text;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>JSON mode, frame by frame.</summary>
public sealed class JsonConversationTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly SessionRig _rig;

    public JsonConversationTests() => _rig = new(options: new() { HelloSeconds = 10 }, time: _time);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Hello_IsWelcomed_WithTheLimitsThatHold()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"hello","id":"1"}""");
        var welcome = Assert.IsType<Welcome>(Assert.Single(_rig.Frames));
        Assert.Equal(("1", "ann", 25_000, 10_000), (welcome.Id, welcome.User, welcome.Heartbeat, welcome.PresenceBound));
        Assert.Equal(_rig.Ports.Limits, welcome.Limits);
    }

    [Fact]
    public async Task WithoutAHello_NothingElseIsDone()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"join","id":"1","room":"lobby"}""");
        Assert.Equal(("1", ErrorCode.Unauthorized), (Assert.IsType<Err>(_rig.Frames[0]).Id, ((Err)_rig.Frames[0]).Code));
        Assert.Empty(_rig.Rooms.Calls);
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public async Task WithoutAHelloInTime_ItEndsWith4501()
    {
        await StartAsync("ann");
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Empty(_rig.Ends);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(CloseCode.Unauthorized, Assert.Single(_rig.Ends).Code);
    }

    [Fact]
    public async Task AfterTheHello_ItsTimeIsOfNoMatter()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"hello"}""");
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public async Task AHelloThatCameBeforeTheStart_HasNoTimeLimitEither()
    {
        // The connection reads as soon as it is open.
        var conversation = new JsonConversation(_rig.Wire, _rig.Ports, new("ann", false, null), OfToken);
        var connecting = new TaskCompletionSource();
        _rig.Users.BeforeConnect = () => connecting.Task;
        var hello = Say(conversation, """{"t":"hello"}""");
        await conversation.StartAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(_rig.Ends);
        connecting.SetResult();
        await hello;
        Assert.IsType<Welcome>(Assert.Single(_rig.Frames));
    }

    [Fact]
    public async Task ASecondHello_IsABadRequest_AndTheConnectionLives()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"hello"}""");
        await Say(conversation, """{"t":"hello","id":"2"}""");
        await Say(conversation, """{"t":"ping","id":"3"}""");
        Assert.Equal(("2", ErrorCode.BadRequest), (((Err)_rig.Frames[1]).Id, ((Err)_rig.Frames[1]).Code));
        Assert.Equal(new Pong("3"), _rig.Frames[2]);
    }

    [Theory]
    [InlineData(null, null, ErrorCode.Unauthorized)]
    [InlineData(null, "forged", ErrorCode.Unauthorized)]
    [InlineData(null, "old", ErrorCode.TokenExpired)]
    [InlineData("ann", "forged", ErrorCode.Unauthorized)]
    [InlineData("ann", "tess 60", ErrorCode.Unauthorized)]
    public async Task AHelloWithoutAGoodToken_IsTold_AndEndsWith4501(string? known, string? token, ErrorCode code)
    {
        var conversation = await StartAsync(known);
        var hello = token is null ? """{"t":"hello","id":"1"}""" : $$"""{"t":"hello","id":"1","token":"{{token}}"}""";
        await Say(conversation, hello + "\n" + """{"t":"hello","id":"2","token":"tess 60"}""");
        var (end, reason) = Assert.Single(_rig.Ends);
        Assert.Equal(CloseCode.Unauthorized, end);
        Assert.StartsWith(ErrorCodes.Word(code) + ": ", reason, StringComparison.Ordinal);
        var error = Assert.IsType<Err>(Assert.Single(_rig.Frames));
        Assert.Equal(("1", code), (error.Id, error.Code));
        Assert.Empty(_rig.Users.Calls);
    }

    [Fact]
    public async Task AHelloWithAGoodToken_SpeaksForItsUser()
    {
        var conversation = await StartAsync(null);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");
        var welcome = Assert.IsType<Welcome>(Assert.Single(_rig.Frames));
        Assert.Equal(("tess", _time.GetUtcNow().ToUnixTimeSeconds() + 60), (welcome.User, welcome.Exp));
    }

    [Fact]
    public async Task AGuestWhoTurnsOutToHaveAToken_IsItsUser()
    {
        var conversation = await StartAsync("guest-1", guest: true);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");
        Assert.Equal("tess", Assert.IsType<Welcome>(Assert.Single(_rig.Frames)).User);
    }

    [Fact]
    public async Task ATokenThatIsNotRenewed_EndsWith4003_AfterTheGrace()
    {
        var conversation = await StartAsync(null);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");
        _time.Advance(TimeSpan.FromSeconds(88.9));
        Assert.Empty(_rig.Ends);
        _time.Advance(TimeSpan.FromSeconds(1.2));
        Assert.Equal(CloseCode.TokenExpired, Assert.Single(_rig.Ends).Code);
    }

    [Fact]
    public async Task Auth_WithAFreshToken_MovesTheEnd()
    {
        var conversation = await StartAsync(null);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");
        _rig.Forget();
        _time.Advance(TimeSpan.FromSeconds(80));
        await Say(conversation, """{"t":"auth","id":"a","token":"tess 60"}""");
        Assert.Equal(new Ok("a", null, null, null, false, _time.GetUtcNow().ToUnixTimeSeconds() + 60), Assert.Single(_rig.Frames));
        _time.Advance(TimeSpan.FromSeconds(88.9));
        Assert.Empty(_rig.Ends);
        _time.Advance(TimeSpan.FromSeconds(1.2));
        Assert.Equal(CloseCode.TokenExpired, Assert.Single(_rig.Ends).Code);
    }

    [Theory]
    [InlineData("forged", ErrorCode.Unauthorized)]
    [InlineData("old", ErrorCode.TokenExpired)]
    [InlineData("bob 60", ErrorCode.Forbidden)]
    public async Task Auth_WithAnyOtherToken_ChangesNothing(string token, ErrorCode code)
    {
        var conversation = await StartAsync(null);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");
        _rig.Forget();
        await Say(conversation, $$"""{"t":"auth","id":"a","token":"{{token}}"}""");
        await Say(conversation, """{"t":"ping","id":"p"}""");
        Assert.Equal(("a", code), (Assert.IsType<Err>(_rig.Frames[0]).Id, ((Err)_rig.Frames[0]).Code));
        Assert.Equal(new Pong("p"), _rig.Frames[1]);
        _time.Advance(TimeSpan.FromSeconds(90.1));
        Assert.Equal(CloseCode.TokenExpired, Assert.Single(_rig.Ends).Code);
    }

    [Fact]
    public async Task ABinaryFrame_EndsWith4500()
    {
        var conversation = await StartAsync("ann");
        await conversation.ReceiveAsync("x"u8.ToArray(), binary: true);
        Assert.Equal(CloseCode.ProtocolError, Assert.Single(_rig.Ends).Code);
    }

    [Fact]
    public async Task SeveralObjectsAFrame_AreAnsweredInOrder_TheBadOnesToo()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"hello"}""");
        _rig.Forget();
        await Say(conversation, """
            {"t":"ping","id":"1"}
            {"t":"nonsense","id":"2"}
            this is no JSON
            {"t":"ping","id":"4"}
            """);
        Assert.Equal(4, _rig.Frames.Count);
        Assert.Equal(new Pong("1"), _rig.Frames[0]);
        Assert.Equal(("2", ErrorCode.UnknownType), (((Err)_rig.Frames[1]).Id, ((Err)_rig.Frames[1]).Code));
        Assert.Equal(ErrorCode.BadRequest, ((Err)_rig.Frames[2]).Code);
        Assert.Equal(new Pong("4"), _rig.Frames[3]);
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public async Task ASendAndItsEvent_GoRound()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"hello"}""");
        await Say(conversation, """{"t":"join","id":"j","room":"lobby"}""");
        await Say(conversation, """{"t":"send","id":"m1","room":"lobby","text":"hello"}""");
        var happened = Assert.Single(_rig.Frames.OfType<ChatEvent>());
        Assert.Equal(("lobby", 1L, "ann", "hello", "m1"), (happened.Room, happened.Seq, happened.From, happened.Text, happened.Id));
        Assert.Equal(1, Assert.Single(_rig.Frames.OfType<Ok>()).Seq);
    }

    [Fact]
    public async Task Farewell_IsABye()
    {
        var conversation = await StartAsync("ann");
        Assert.Equal(
            new Bye(CloseCode.ServiceRestart, null, "soon back"),
            FrameReader.Read(conversation.Farewell(CloseCode.ServiceRestart, "soon back").Span));
    }

    [Fact]
    public async Task Close_BeforeAHello_HasNothingToLeave()
    {
        var conversation = await StartAsync("ann");
        await conversation.CloseAsync();
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(_rig.Ends);
        Assert.Empty(_rig.Users.Calls);
    }

    private async Task<JsonConversation> StartAsync(string? known, bool guest = false)
    {
        var conversation = new JsonConversation(_rig.Wire, _rig.Ports, new(known, guest, null), OfToken);
        await conversation.StartAsync();
        return conversation;
    }

    /// <summary>A token for each moment: "tess 60" is hers for a minute.</summary>
    private IdentityResult OfToken(string? token) => token?.Split(' ') is [var user, var seconds]
        ? new(user, false, null, _time.GetUtcNow().ToUnixTimeSeconds() + int.Parse(seconds, CultureInfo.InvariantCulture))
        : IdentityResult.BadToken("no good token", token == "old" ? ErrorCode.TokenExpired : ErrorCode.Unauthorized);

    private static Task Say(JsonConversation conversation, string frame) => conversation.ReceiveAsync(Encoding.UTF8.GetBytes(frame), binary: false).AsTask();
}
