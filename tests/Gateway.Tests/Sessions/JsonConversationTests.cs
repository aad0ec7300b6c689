using System.Globalization;
using System.Text;
using OrleansChat.ClientCodec;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>JSON mode: what the session does after each frame from the client.</summary>
public sealed class JsonConversationTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly SessionRig _rig;

    public JsonConversationTests() => _rig = new(options: new() { HelloTimeout = TimeSpan.FromSeconds(10) }, time: _time);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Hello_WhenReceived_IsAnsweredWithWelcomeAndLimits()
    {
        var conversation = await StartAsync("ann");

        await Say(conversation, """{"t":"hello","id":"1"}""");

        var welcome = Assert.IsType<Welcome>(Assert.Single(_rig.Frames));
        Assert.Equal(("1", "ann", 25_000, 10_000), (welcome.Id, welcome.User, welcome.Heartbeat, welcome.PresenceBound));
        Assert.Equivalent(_rig.Ports.Limits, welcome.Limits, strict: true);
    }

    [Fact]
    public async Task Command_WhenItPrecedesTheHello_IsRefused()
    {
        var conversation = await StartAsync("ann");

        await Say(conversation, """{"t":"join","id":"1","room":"lobby"}""");

        Assert.Equal(("1", ChatErrorCode.Unauthorized), (Assert.IsType<Err>(_rig.Frames[0]).Id, ((Err)_rig.Frames[0]).Code));
        Assert.Empty(_rig.Rooms.Calls);
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public async Task Connection_WhenNoHelloArrivesInTime_EndsWith4501()
    {
        await StartAsync("ann");
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.Empty(_rig.Ends);

        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(CloseCode.Unauthorized, Assert.Single(_rig.Ends).Code);
    }

    [Fact]
    public async Task HelloTimeout_WhenTheHelloArrived_DoesNotEndTheConnection()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"hello"}""");
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public async Task HelloTimeout_WhenTheHelloPrecedesTheStart_DoesNotApply()
    {
        // The connection reads frames as soon as it is open, so the hello can arrive before the conversation starts.
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
    public async Task Hello_WhenItRepeats_IsABadRequest()
    {
        var conversation = await StartAsync("ann");
        await Say(conversation, """{"t":"hello"}""");

        await Say(conversation, """{"t":"hello","id":"2"}""");
        await Say(conversation, """{"t":"ping","id":"3"}""");

        Assert.Equal(("2", ChatErrorCode.BadRequest), (((Err)_rig.Frames[1]).Id, ((Err)_rig.Frames[1]).Code));
        Assert.Equal(new Pong("3"), _rig.Frames[2]);
    }

    [Theory]
    [InlineData(null, null, ChatErrorCode.Unauthorized)]
    [InlineData(null, "forged", ChatErrorCode.Unauthorized)]
    [InlineData(null, "old", ChatErrorCode.TokenExpired)]
    [InlineData("ann", "forged", ChatErrorCode.Unauthorized)]
    [InlineData("ann", "tess 60", ChatErrorCode.Unauthorized)]
    public async Task Hello_WhenTheTokenIsInvalid_EndsWith4501(string? known, string? token, ChatErrorCode code)
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
    public async Task Hello_WhenTheTokenIsValid_AuthenticatesItsUser()
    {
        var conversation = await StartAsync(null);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");
        var welcome = Assert.IsType<Welcome>(Assert.Single(_rig.Frames));
        Assert.Equal(("tess", _time.GetUtcNow().ToUnixTimeSeconds() + 60), (welcome.User, welcome.Exp));
    }

    [Fact]
    public async Task Hello_WhenAGuestHasAToken_AuthenticatesTheTokensUser()
    {
        var conversation = await StartAsync("guest-1", guest: true);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");
        Assert.Equal("tess", Assert.IsType<Welcome>(Assert.Single(_rig.Frames)).User);
    }

    [Fact]
    public async Task Token_WhenItIsNotRenewed_EndsWith4003AfterTheGracePeriod()
    {
        var conversation = await StartAsync(null);
        await Say(conversation, """{"t":"hello","token":"tess 60"}""");

        _time.Advance(TimeSpan.FromSeconds(88.9));
        Assert.Empty(_rig.Ends);

        _time.Advance(TimeSpan.FromSeconds(1.2));
        Assert.Equal(CloseCode.TokenExpired, Assert.Single(_rig.Ends).Code);
    }

    [Fact]
    public async Task Auth_WhenTheTokenIsFresh_ExtendsTheExpiry()
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
    [InlineData("forged", ChatErrorCode.Unauthorized)]
    [InlineData("old", ChatErrorCode.TokenExpired)]
    [InlineData("bob 60", ChatErrorCode.Forbidden)]
    public async Task Auth_WhenTheTokenIsNotAccepted_ChangesNothing(string token, ChatErrorCode code)
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
    public async Task Frame_WhenItIsBinary_EndsWith4500()
    {
        var conversation = await StartAsync("ann");
        await conversation.ReceiveAsync("x"u8.ToArray(), binary: true);
        Assert.Equal(CloseCode.ProtocolError, Assert.Single(_rig.Ends).Code);
    }

    [Fact]
    public async Task Frame_WhenItHasSeveralObjects_AnswersThemInOrder()
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
        Assert.Equal(("2", ChatErrorCode.UnknownType), (((Err)_rig.Frames[1]).Id, ((Err)_rig.Frames[1]).Code));
        Assert.Equal(ChatErrorCode.BadRequest, ((Err)_rig.Frames[2]).Code);
        Assert.Equal(new Pong("4"), _rig.Frames[3]);
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public async Task Send_WhenTheRoomIsJoined_ReturnsAnOkAndAnEvent()
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
    public async Task Farewell_WhenEncoded_IsABye()
    {
        var conversation = await StartAsync("ann");
        Assert.Equal(
            new Bye(CloseCode.ServiceRestart, null, "soon back"),
            FrameReader.Read(conversation.Farewell(CloseCode.ServiceRestart, "soon back").Span));
    }

    [Fact]
    public async Task Close_WhenNoHelloArrived_MakesNoUserCall()
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

    /// <summary>Accepts tokens of the form "tess 60": a token of the user tess that is valid for 60 s.</summary>
    private IdentityResult OfToken(string? token) => token?.Split(' ') is [var user, var seconds]
        ? new(user, false, null, _time.GetUtcNow().ToUnixTimeSeconds() + int.Parse(seconds, CultureInfo.InvariantCulture))
        : IdentityResult.BadToken("no good token", token == "old" ? ChatErrorCode.TokenExpired : ChatErrorCode.Unauthorized);

    private static Task Say(JsonConversation conversation, string frame) => conversation.ReceiveAsync(Encoding.UTF8.GetBytes(frame), binary: false).AsTask();
}
