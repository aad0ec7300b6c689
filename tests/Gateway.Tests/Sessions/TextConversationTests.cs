using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;
using OrleansChat.Protocol.Text;

namespace OrleansChat.Gateway.Tests.Sessions;

/// <summary>Text mode, as a user sees it.</summary>
public sealed class TextConversationTests : IDisposable
{
    private readonly SessionRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Start_WhenTheRoomHasHistory_GreetsAndShowsTheLastLines()
    {
        _rig.Rooms.Append("lobby", 25);

        await StartAsync();
        await _rig.UntilAsync(rig => rig.Lines.Length == 22, "the last lines");

        Assert.Equal("* you are ann, /help shows the commands", _rig.Lines[0]);
        Assert.Equal("* you are in lobby (1 here)", _rig.Lines[1]);
        Assert.Equal("bob: message 6", _rig.Lines[2]);
        Assert.Equal("bob: message 25", _rig.Lines[^1]);
    }

    [Fact]
    public async Task Line_WhenTyped_IsPostedAndEchoed()
    {
        var conversation = await StartAsync();

        await Type(conversation, "hello\r\nthere ");
        await Type(conversation, "//slash");
        await Type(conversation, "   ");

        Assert.Equal(["post lobby ann hello there", "post lobby ann /slash"], _rig.Rooms.Calls[1..]);
        Assert.Equal(["ann: hello there", "ann: /slash"], _rig.Lines[2..]);
    }

    [Theory]
    [InlineData("echo=0", new string[0], new[] { "bob: message 2" })]
    [InlineData("raw=1", new[] { "hello" }, new[] { "message 2" })]
    [InlineData("seq=1", new[] { "#1 ann: hello" }, new[] { "#2 bob: message 2" })]
    [InlineData("raw=1&seq=1", new[] { "#1 hello" }, new[] { "#2 message 2" })]
    public async Task Query_WhenItHasOptions_SetsTheLineFormat(string query, string[] own, string[] others)
    {
        var conversation = await StartAsync(query);
        _rig.Forget();

        await Type(conversation, "hello");
        _rig.Rooms.Append("lobby");

        Assert.Equal([.. own, .. others], _rig.Lines);
    }

    [Fact]
    public async Task Start_WhenAfterIsGiven_ResumesAfterThatSequence()
    {
        _rig.Rooms.Append("lobby", 30);
        await StartAsync("after=27");
        await _rig.UntilAsync(rig => rig.Lines.Length == 5, "the missed lines");
        Assert.Equal(["bob: message 28", "bob: message 29", "bob: message 30"], _rig.Lines[2..]);
    }

    [Fact]
    public async Task Line_WhenItIsFromAnotherRoom_NamesTheRoom()
    {
        var conversation = await StartAsync("room=garden");
        await Type(conversation, "/join attic");
        _rig.Forget();

        _rig.Rooms.Append("garden");
        _rig.Rooms.Append("attic");

        Assert.Equal(["bob: message 1", "[attic] bob: message 1"], _rig.Lines);
    }

    [Fact]
    public async Task Join_WhenTyped_SendsLinesThereUntilLeave()
    {
        var conversation = await StartAsync();

        await Type(conversation, "/join attic");
        await Type(conversation, "up here");
        await Type(conversation, "/rooms");
        await Type(conversation, "/leave");
        await Type(conversation, "down again");
        await Type(conversation, "/leave lobby");
        await Type(conversation, "nowhere");

        Assert.Contains("post attic ann up here", _rig.Rooms.Calls);
        Assert.Contains("post lobby ann down again", _rig.Rooms.Calls);
        Assert.Contains("* you are in lobby, attic", _rig.Lines);
        Assert.Contains("* you are in lobby", _rig.Lines);
        Assert.Equal("! you are in no room, /join lobby enters one", _rig.Lines[^1]);
    }

    [Fact]
    public async Task Link_WhenStored_IsShownWithItsCode()
    {
        var conversation = await StartAsync("room=team");
        _rig.Forget();

        await Type(conversation, "/link 3");

        Assert.Equal("* ann made an invitation link", _rig.Lines[0]);
        Assert.StartsWith("* the link to join is: /join team ", _rig.Lines[1], StringComparison.Ordinal);
        var code = _rig.Lines[1].Split(' ')[^1];
        Assert.True(LinkCode.IsValid(code));
        Assert.Equal(new LinkTerms(LinkTerms.HashOf(code), 3).ToMeta(), Assert.Single(_rig.Rooms.Posts).Meta);
    }

    [Fact]
    public async Task Link_WhenRefused_ShowsNoCode()
    {
        var conversation = await StartAsync("room=team");
        _rig.Rooms.RefusesPosts = new(Refusal.Forbidden, "this works only in groups");
        _rig.Forget();

        await Type(conversation, "/link");

        Assert.Equal(["! this works only in groups"], _rig.Lines);
    }

    [Theory]
    [InlineData("/topic Our plans", RoomEventKind.Title, "Our plans", "* ann set the title: Our plans")]
    [InlineData("/invite bob", RoomEventKind.Invite, "bob", "* ann invited bob")]
    [InlineData("/kick @bob", RoomEventKind.Kick, "bob", "* ann removed bob")]
    [InlineData("/mute bob", RoomEventKind.Mute, "bob", "* ann muted bob")]
    [InlineData("/unmute bob", RoomEventKind.Unmute, "bob", "* ann lifted the mute of bob")]
    public async Task Change_WhenTyped_IsPostedToTheCurrentRoom(string typed, RoomEventKind kind, string text, string line)
    {
        var conversation = await StartAsync("room=team");
        _rig.Forget();

        await Type(conversation, typed);

        var post = Assert.Single(_rig.Rooms.Posts);
        Assert.Equal((kind, text, kind == RoomEventKind.Title ? null : new MemberChange("bob").ToMeta()), (post.Kind, post.Text, post.Meta));
        Assert.Equal([line], _rig.Lines);
    }

    [Fact]
    public async Task Mute_WhenTypedWithMinutes_Ends()
    {
        var conversation = await StartAsync("room=team");
        var before = DateTimeOffset.UtcNow;

        await Type(conversation, "/mute bob 90");

        var post = Assert.Single(_rig.Rooms.Posts);
        var until = DateTimeOffset.FromUnixTimeMilliseconds(MemberChange.Parse(post.Kind, post.Text, post.Meta)!.Until!.Value);
        Assert.InRange(until, before.AddMinutes(89), DateTimeOffset.UtcNow.AddMinutes(91));
    }

    [Theory]
    [InlineData("/topic Plans")]
    [InlineData("/kick bob")]
    [InlineData("/mute bob 10")]
    public async Task Change_WhenRefused_IsOneLine(string typed)
    {
        var conversation = await StartAsync("room=team");
        _rig.Rooms.RefusesPosts = new(Refusal.Forbidden, "this group does not allow your role to do this");
        _rig.Forget();

        await Type(conversation, typed);

        Assert.Equal(["! this group does not allow your role to do this"], _rig.Lines);
    }

    [Fact]
    public async Task Join_WhenTypedWithACode_UsesTheLink()
    {
        var conversation = await StartAsync();

        await Type(conversation, "/join team abcdefghijklmnopqrstuvwxyz");

        Assert.Equal(new Enter("ann", null, null, Link: LinkTerms.HashOf("abcdefghijklmnopqrstuvwxyz")), _rig.Rooms.Enters[^1]);
    }

    [Fact]
    public async Task List_WhenTyped_ShowsTheConversations()
    {
        var conversation = await StartAsync();
        _rig.Rooms.Conversations = new(
            [new(RoomKey.Direct("ann", "bob"), RoomKind.Direct, 3, 900, 2, 1, Last: new(3, 900, "bob", RoomEventKind.Msg, "psst"))], false);

        await Type(conversation, "/list");

        await _rig.UntilAsync(r => r.Lines.Contains("* @bob, 1 unread - bob: psst"), "the list");
        Assert.Contains("conversations ann   20", _rig.Rooms.Calls);
    }

    [Fact]
    public async Task Msg_WhenTyped_PostsToTheDirectRoom()
    {
        var conversation = await StartAsync();
        await Type(conversation, "/msg bob psst");
        Assert.Equal($"post {RoomKey.Direct("ann", "bob")} ann psst", _rig.Rooms.Calls[^1]);
    }

    [Fact]
    public async Task DirectMessage_WhenShown_NamesTheOtherUser()
    {
        var conversation = await StartAsync();
        await Type(conversation, "/join @bob");
        _rig.Forget();

        await Type(conversation, "psst");
        _rig.Rooms.Append(RoomKey.Direct("ann", "bob"));

        Assert.Equal(["-> *bob* psst", "*bob* message 2"], _rig.Lines);
    }

    [Fact]
    public async Task Me_WhenTyped_PostsTheText()
    {
        var conversation = await StartAsync();
        await Type(conversation, "/me waves");
        Assert.Equal("post lobby ann waves", _rig.Rooms.Calls[^1]);
    }

    [Fact]
    public async Task WhoAndLast_WhenTyped_AreAnswered()
    {
        var conversation = await StartAsync();
        _rig.Rooms.Append("lobby", 5);
        await _rig.UntilAsync(rig => rig.Lines.Length == 7, "the lines");
        _rig.Forget();

        await Type(conversation, "/who");
        await Type(conversation, "/last 2");
        await _rig.UntilAsync(rig => rig.Lines.Length == 3, "the answers");

        Assert.Equal(["* 2 here: ann, bob", "bob: message 4", "bob: message 5"], _rig.Lines);
    }

    [Fact]
    public async Task Command_WhenItIsInvalid_ShowsAnErrorAndKeepsTheConnection()
    {
        var conversation = await StartAsync();
        _rig.Forget();

        await Type(conversation, "/dance");
        await Type(conversation, "/join Not A Room");
        await Type(conversation, "/help");

        Assert.Equal("! there is no /dance, /help shows the commands", _rig.Lines[0]);
        Assert.StartsWith("! usage: /join room", _rig.Lines[1], StringComparison.Ordinal);
        Assert.Equal(TextHelp.Lines, _rig.Lines.Skip(2));
        Assert.Empty(_rig.Ends);
    }

    [Fact]
    public async Task Quit_WhenTyped_EndsNormally()
    {
        var conversation = await StartAsync();
        await Type(conversation, "/quit");
        Assert.Equal((CloseCode.Normal, "goodbye"), Assert.Single(_rig.Ends));
        Assert.Equal("* goodbye: goodbye", Encoding.UTF8.GetString(conversation.Farewell(CloseCode.Normal, "goodbye").Span));
    }

    [Fact]
    public async Task Nick_WhenTheUserIsNoGuest_IsRefused()
    {
        var conversation = await StartAsync();
        await Type(conversation, "/nick bea");
        Assert.Equal("! only guests may use /nick", _rig.Lines[^1]);
    }

    [Fact]
    public async Task Nick_WhenEventsArrive_KeepsTheRoomsAndShowsEachOnce()
    {
        var conversation = await StartAsync(guest: true);
        await Type(conversation, "/join attic");
        _rig.Rooms.Append("attic", 3);
        _rig.TakeOne();
        _rig.TakeOne();

        await Type(conversation, "/nick bea");
        _rig.Rooms.Append("attic", 2);
        await _rig.UntilAsync(rig => rig.Lines.Count(line => line.StartsWith("[attic] bob", StringComparison.Ordinal)) >= 5, "the lines");

        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => $"[attic] bob: message {i}"), _rig.Lines.Where(line => line.StartsWith("[attic] bob", StringComparison.Ordinal)));

        await Type(conversation, "it is me");

        Assert.Contains("post attic bea it is me", _rig.Rooms.Calls);
        Assert.Equal(["connect guest-1", "disconnect guest-1", "connect bea"], _rig.Users.Calls);
    }

    [Fact]
    public async Task Nick_WhenTheJoinHasNoAnswerYet_ShowsTheLastLines()
    {
        _rig.Rooms.Append("lobby", 40);
        _rig.Rooms.HoldsAnswers = true;
        var conversation = await StartAsync(guest: true);

        await Type(conversation, "/nick bea");
        _rig.Rooms.HoldsAnswers = false;
        _rig.Rooms.AnswerAll();
        await _rig.UntilAsync(rig => rig.Lines.Contains("bob: message 40"), "the last lines");

        Assert.Equal(20, _rig.Lines.Count(line => line.StartsWith("bob", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nick_WhenADirectRoomIsJoined_DoesNotRejoinIt()
    {
        var conversation = await StartAsync(guest: true);
        await Type(conversation, "/join @bob");
        await Type(conversation, "/nick bea");
        Assert.DoesNotContain(_rig.Rooms.Calls, call => call.StartsWith($"enter {RoomKey.Direct("bea", "bob")}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Hello_WhenItIsTheFirstLine_SwitchesToJson()
    {
        _rig.Rooms.HoldsAnswers = true;
        var conversation = await StartAsync(guest: true);

        await Type(conversation, """{"t":"hello","id":"h"}""");
        await Type(conversation, """{"t":"join","id":"j","room":"lobby"}""");
        _rig.Rooms.HoldsAnswers = false;
        _rig.Rooms.AnswerAll();
        _rig.Rooms.Append("lobby");

        Assert.Equal("* you are guest-1, /help shows the commands", _rig.Lines[0]);
        Assert.All(_rig.Lines.Skip(1), line => Assert.StartsWith("{", line, StringComparison.Ordinal));
        Assert.Equal(4, _rig.Lines.Length);
        Assert.StartsWith("{\"t\":\"bye\"", Encoding.UTF8.GetString(conversation.Farewell(CloseCode.Drain, "").Span), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "text first")]
    [InlineData(false, null)]
    public async Task Hello_WhenItIsLateOrTextWasChosen_IsPostedAsText(bool mayTurn, string? before)
    {
        var conversation = await StartAsync(mayTurnJson: mayTurn);
        if (before is not null)
        {
            await Type(conversation, before);
        }

        await Type(conversation, """{"t":"hello"}""");
        Assert.Equal("""post lobby ann {"t":"hello"}""", _rig.Rooms.Calls[^1]);
    }

    [Fact]
    public async Task Frame_WhenTheStartIsIncomplete_Waits()
    {
        var connecting = new TaskCompletionSource();
        _rig.Users.BeforeConnect = () => connecting.Task;
        var conversation = New("", false, true);

        var starting = conversation.StartAsync();
        var typing = Type(conversation, "early");

        Assert.False(typing.IsCompleted);

        connecting.SetResult();
        await starting;
        await Waiting.ForAsync(typing, "the early line");

        Assert.Equal(["enter lobby ann", "post lobby ann early"], _rig.Rooms.Calls);
    }

    [Theory]
    [InlineData("room=Lobby")]
    [InlineData("after=x")]
    [InlineData("after=-1")]
    [InlineData("room=@")]
    public void Query_WhenItIsInvalid_IsRefusedWithAReason(string query)
    {
        Assert.Null(TextSettings.Parse(Query(query), out var wrong));
        Assert.NotEmpty(wrong);
    }

    private async Task<TextConversation> StartAsync(string query = "", bool guest = false, bool mayTurnJson = true)
    {
        var conversation = New(query, guest, mayTurnJson);
        await conversation.StartAsync();
        return conversation;
    }

    private TextConversation New(string query, bool guest, bool mayTurnJson) => new(
        _rig.Wire, _rig.Ports, new(guest ? "guest-1" : "ann", guest, null), TextSettings.Parse(Query(query), out _)!, mayTurnJson,
        _ => IdentityResult.Bad("no tokens"));

    private static QueryCollection Query(string query) => new(QueryHelpers.ParseQuery(query));

    private static Task Type(TextConversation conversation, string line) => conversation.ReceiveAsync(Encoding.UTF8.GetBytes(line), binary: false).AsTask();
}
