using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>What each user of a group may do, for every kind of event, every command and every read.</summary>
public sealed class RightsTableTests(SiloTestCluster cluster)
{
    private static readonly string[] Actors = ["owner", "moderator", "member", "muted", "banned", "invited", "outsider"];

    private readonly string _creator = SiloTestCluster.Fresh("owner");

    /// <summary>
    /// For each user who is or was a member, the sequence of the user's message. Other users have no message of their
    /// own, so the test lets them edit and delete the message of the user <c>target</c>.
    /// </summary>
    private readonly Dictionary<string, long> _messages = [];

    /// <summary>The sequence of a link that the target made.</summary>
    private long _link;

    //                        owner     moderator member    muted     banned    invited   outsider
    [Theory]
    [InlineData("msg", "ok        ok        ok        Muted     NotMember NotMember NotMember")]
    [InlineData("everyone", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("mention", "ok        ok        ok        Muted     NotMember NotMember NotMember")]
    [InlineData("edit", "ok        ok        ok        Muted     NotMember NotMember NotMember")]
    [InlineData("edit other", "Forbidden Forbidden Forbidden Muted     NotMember NotMember NotMember")]
    [InlineData("delete", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("delete other", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("react", "ok        ok        ok        Muted     NotMember NotMember NotMember")]
    [InlineData("unreact", "ok        ok        ok        Muted     NotMember NotMember NotMember")]
    [InlineData("join", "Forbidden Forbidden Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("leave", "Forbidden Forbidden Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("unknown", "Forbidden Forbidden Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("invite", "ok        ok        ok        Muted     NotMember NotMember NotMember")]
    [InlineData("kick", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("ban", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("unban", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("mute", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("unmute", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("role", "ok        Forbidden Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("title", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("settings", "ok        Forbidden Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("link", "ok        ok        ok        Muted     NotMember NotMember NotMember")]
    [InlineData("unlink", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("pin", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("unpin", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("enter", "ok        ok        ok        ok        Forbidden ok        ok")]
    [InlineData("resume", "ok        ok        ok        ok        Forbidden Invited   NotMember")]
    [InlineData("mark", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("exit", "Forbidden ok        ok        ok        ok        ok        ok")]
    [InlineData("attach", "ok        ok        ok        ok        no        no        no")]
    [InlineData("typing", "ok        ok        ok        no        no        no        no")]
    [InlineData("who", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("who by log", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("history", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("members", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("thread", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("readers", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("history pinned", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("history changes", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("report", "ok        ok        ok        ok        NotMember NotMember NotMember")]
    [InlineData("reports", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    [InlineData("dismiss", "ok        ok        Forbidden Forbidden NotMember NotMember NotMember")]
    public async Task Group_WhenAUserActs_FollowsTheTable(string act, string expected)
    {
        await using var gateway = await cluster.GatewayAsync();

        var named = await OutcomesAsync(gateway, "group", act);
        var secret = await OutcomesAsync(gateway, "~group", act);

        Assert.Equal(expected.Split(' ', StringSplitOptions.RemoveEmptyEntries), named);
        Assert.Equal(named[..4], secret[..4]);
        Assert.Equal(named[5], secret[5]);
        var outside = act is "exit" or "attach" or "typing" ? named[6] : nameof(Refusal.NotFound);
        Assert.Equal([outside, outside], [secret[4], secret[6]]);
    }

    private async Task<string[]> OutcomesAsync(TestGateway gateway, string name, string act)
    {
        var outcomes = new List<string>();
        foreach (var actor in Actors)
        {
            var room = SiloTestCluster.Fresh(name);
            await FillAsync(gateway, room);
            outcomes.Add(await OutcomeAsync(gateway, room, act, actor == "owner" ? _creator : actor));
        }

        return [.. outcomes];
    }

    private async Task<string> OutcomeAsync(TestGateway gateway, string room, string act, string actor)
    {
        switch (act)
        {
            case "attach":
                await cluster.Room(room).SyncAttachmentsAsync(gateway.Id, [actor], default);
                return (await cluster.Room(room).WhoAsync(_creator, 10)).Users!.Contains(actor) ? "ok" : "no";
            case "typing":
                await cluster.Room(room).TypingAsync(actor);
                await cluster.Room(room).TypingAsync("target");
                await gateway.UntilAsync<RoomTyping>(typing => typing.Room == room && typing.User == "target");

                // The calls are one-way, so the second may overtake the first.
                for (var wait = 0; wait < 15 && !IsTyping(); wait++)
                {
                    await Task.Delay(20, TestContext.Current.CancellationToken);
                }

                return IsTyping() ? "ok" : "no";

                bool IsTyping() => gateway.Items.Any(item => item is RoomTyping typing && typing.Room == room && typing.User == actor);
            case "who":
                return $"{(await cluster.Room(room).WhoAsync(actor, 10)).Refusal?.ToString() ?? "ok"}";
            case "who by log":
                return $"{(await cluster.History.WhoAsync(room, actor, 10)).Refusal?.ToString() ?? "ok"}";
            case "history":
                return $"{(await cluster.History.PageAsync(room, actor, 0, 10)).Refusal?.ToString() ?? "ok"}";
            case "members":
                return $"{(await cluster.History.MembersAsync(new(room, actor, "", 10))).Refusal?.ToString() ?? "ok"}";
            case "thread":
                return $"{(await cluster.History.PageAsync(new(room, actor, 0, 10, 0, Thread: _messages["target"]), default)).Refusal?.ToString() ?? "ok"}";
            case "history pinned":
                return $"{(await cluster.History.PageAsync(new(room, actor, 0, 10, 0, Of: PageOf.Pins), default)).Refusal?.ToString() ?? "ok"}";
            case "history changes":
                return $"{(await cluster.History.PageAsync(new(room, actor, 0, 10, 0, Of: PageOf.Changes), default)).Refusal?.ToString() ?? "ok"}";
            case "readers":
                return $"{(await cluster.History.ReadersAsync(new(room, actor, _messages["target"]))).Refusal?.Reason.ToString() ?? "ok"}";
            case "report":
                return ToText(await cluster.History.ReportAsync(new(room, actor, _messages["target"], "rude")));
            case "reports":
                return $"{(await cluster.History.ReportsAsync(new(room, actor, 10))).Refusal?.Reason.ToString() ?? "ok"}";
            case "dismiss":
                return ToText(await cluster.History.DismissAsync(new(room, actor, _messages["target"])));
            default:
                var reply = await gateway.SendOneAsync(room, Command(act, actor));
                return ToText(reply);
        }

        static string ToText(RoomReply reply) => reply is Refused refused ? $"{refused.Reason}" : "ok";
    }

    private RoomCommand Command(string act, string actor)
    {
        var (own, other) = (_messages.GetValueOrDefault(actor, _messages["target"]), _messages["target"]);
        return act switch
        {
            "msg" => Say(actor, "hello"),
            "everyone" => Say(actor, "hello") with { Mentions = "target @everyone" },
            "mention" => Say(actor, "hello") with { Mentions = "target" },
            "edit" => About(own, actor, RoomEventKind.Edit, "better"),
            "edit other" => About(other, actor, RoomEventKind.Edit, "better"),
            "delete" => About(own, actor, RoomEventKind.Delete),
            "delete other" => About(other, actor, RoomEventKind.Delete),
            "react" => About(other, actor, RoomEventKind.React, "+1"),
            "unreact" => About(other, actor, RoomEventKind.Unreact, "+1"),
            "join" => new Post(actor, "j", RoomEventKind.Join, null, null, null, null),
            "leave" => new Post(actor, "l", RoomEventKind.Leave, null, null, null, null),
            "unknown" => new Post(actor, "u", (RoomEventKind)99, null, null, null, null),
            "invite" => Change(actor, RoomEventKind.Invite, "newcomer"),
            "kick" => Change(actor, RoomEventKind.Kick, "target"),
            "ban" => Change(actor, RoomEventKind.Ban, "target"),
            "unban" => Change(actor, RoomEventKind.Unban, "exile"),
            "mute" => Change(actor, RoomEventKind.Mute, "target"),
            "unmute" => Change(actor, RoomEventKind.Unmute, "silent"),
            "role" => Change(actor, RoomEventKind.Role, "target", RoomRole.Moderator),
            "title" => Title(actor, "Plans"),
            "settings" => Set(actor, new RoomSettings(Private: true, Members: RoomAction.Write)),
            "link" => Link(actor, "code of another link"),
            "unlink" => Unlink(actor, _link),
            "pin" => About(other, actor, RoomEventKind.Pin),
            "unpin" => About(_messages["silent"], actor, RoomEventKind.Unpin),
            "enter" => new Enter(actor, null, null),
            "resume" => new Enter(actor, null, null, AsMember: true),
            "mark" => new MarkRead(actor, 1),
            "exit" => new Exit(actor, EndMembership: true),
            _ => throw new ArgumentException(act),
        };
    }

    /// <summary>
    /// Creates a group with all actors and with the users on whom they act. Each member sends a message.
    /// </summary>
    private async Task FillAsync(TestGateway gateway, string room)
    {
        string[] members = [_creator, "moderator", "member", "muted", "banned", "target", "silent"];
        await gateway.EnterAsync(room, _creator, RoomKind.Group);
        foreach (var member in members.Skip(1))
        {
            Assert.IsType<Posted>(await gateway.SendOneAsync(room, Change(_creator, RoomEventKind.Invite, member)));
            await gateway.EnterAsync(room, member);
            await gateway.SendOneAsync(room, new Exit(member, EndMembership: false));
        }

        foreach (var member in members)
        {
            _messages[member] = (await gateway.PostAsync(room, member, "hello")).Seq;
        }

        Assert.IsType<Posted>(await gateway.SendOneAsync(room, About(_messages["silent"], _creator, RoomEventKind.Pin)));
        _link = Assert.IsType<Posted>(await gateway.SendOneAsync(room, Link("target", "code"))).Seq;
        var replies = await gateway.SendAsync(
            room,
            Change(_creator, RoomEventKind.Role, "moderator", RoomRole.Moderator),
            Change(_creator, RoomEventKind.Mute, "muted"),
            Change(_creator, RoomEventKind.Ban, "banned"),
            Change(_creator, RoomEventKind.Invite, "invited"),
            Change(_creator, RoomEventKind.Ban, "exile"),
            Change(_creator, RoomEventKind.Mute, "silent"));
        Assert.All(replies, reply => Assert.IsType<Posted>(reply));
    }
}
