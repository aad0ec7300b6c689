using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// A user of each role sends each command, in a public group, in a named private group, and in a private group that the
/// server named. Some users of the group are connected to one gateway, the others to the other gateway.
/// </summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class RightsTests(ProcessTestCluster cluster)
{
    /// <summary>
    /// The answers to each command in a public group: one for each <see cref="Role"/>, in the order of the enum. An
    /// answer is ok or the code of an error.
    /// </summary>
    private static readonly (string Command, string Answers)[] Public =
    [
        ("resume", "ok ok ok ok forbidden not_member not_member"),
        ("history", "ok ok ok ok not_member not_member not_member"),
        ("who", "ok ok ok ok not_member not_member not_member"),
        ("members", "ok ok ok ok not_member not_member not_member"),
        ("thread", "ok ok ok ok not_member not_member not_member"),
        ("readers", "ok ok ok ok not_member not_member not_member"),
        ("history pinned", "ok ok ok ok not_member not_member not_member"),
        ("history changes", "ok ok forbidden forbidden not_member not_member not_member"),
        ("pin the conversation", "ok ok ok ok not_member not_member not_member"),
        ("report", "ok ok ok ok not_member not_member not_member"),
        ("reports", "ok ok forbidden forbidden not_member not_member not_member"),
        ("dismiss", "ok ok forbidden forbidden not_member not_member not_member"),
        ("block", "ok ok ok ok ok ok ok"),
        ("follow", "forbidden forbidden forbidden forbidden not_member not_member not_member"),
        ("hide", "ok ok ok ok not_member ok not_member"),
        ("mark", "ok ok ok ok not_member not_member not_member"),
        ("send", "ok ok ok muted not_member not_member not_member"),
        ("mention everyone", "ok ok forbidden forbidden not_member not_member not_member"),
        ("mention the owner", "ok ok ok muted not_member not_member not_member"),
        ("react", "ok ok ok muted not_member not_member not_member"),
        ("pin", "ok ok forbidden forbidden not_member not_member not_member"),
        ("unpin", "ok ok forbidden forbidden not_member not_member not_member"),
        ("edit another's", "forbidden forbidden forbidden muted not_member not_member not_member"),
        ("delete a moderator's", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("delete a member's", "ok ok forbidden forbidden not_member not_member not_member"),
        ("invite", "ok ok ok muted not_member not_member not_member"),
        ("title", "ok ok forbidden forbidden not_member not_member not_member"),
        ("link", "ok ok ok muted not_member not_member not_member"),
        ("unlink a moderator's", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("mute member", "ok ok forbidden forbidden not_member not_member not_member"),
        ("unmute", "ok ok forbidden forbidden not_member not_member not_member"),
        ("mute moderator", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("kick owner", "forbidden forbidden forbidden forbidden not_member not_member not_member"),
        ("role", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("kick muted", "ok ok forbidden forbidden not_member not_member not_member"),
        ("settings", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("ban outsider", "ok ok forbidden forbidden not_member not_member not_member"),
        ("unban", "ok ok forbidden forbidden not_member not_member not_member"),
        ("join by a wrong link", "ok ok ok ok forbidden ok ok"),
        ("join", "ok ok ok ok forbidden ok ok"),
        ("leave for good", "forbidden ok ok ok not_member ok ok"),
    ];

    /// <summary>The rows that differ in a named private group. Outsiders may learn that the group exists.</summary>
    private static readonly Dictionary<string, string> NamedPrivate = new()
    {
        ["join by a wrong link"] = "ok ok ok ok forbidden ok forbidden",
        ["join"] = "ok ok ok ok forbidden ok forbidden",
        ["leave for good"] = "forbidden ok ok ok not_member ok not_member",
    };

    /// <summary>
    /// The rows that differ in a private group that the server named. Outsiders and banned users must not learn that
    /// the group exists.
    /// </summary>
    private static readonly Dictionary<string, string> Private = new()
    {
        ["resume"] = "ok ok ok ok not_found not_member not_found",
        ["history"] = "ok ok ok ok not_found not_member not_found",
        ["who"] = "ok ok ok ok not_found not_member not_found",
        ["members"] = "ok ok ok ok not_found not_member not_found",
        ["thread"] = "ok ok ok ok not_found not_member not_found",
        ["readers"] = "ok ok ok ok not_found not_member not_found",
        ["report"] = "ok ok ok ok not_found not_member not_found",
        ["reports"] = "ok ok forbidden forbidden not_found not_member not_found",
        ["dismiss"] = "ok ok forbidden forbidden not_found not_member not_found",
        ["join by a wrong link"] = "ok ok ok ok not_found ok not_found",
        ["history pinned"] = "ok ok ok ok not_found not_member not_found",
        ["history changes"] = "ok ok forbidden forbidden not_found not_member not_found",
        ["pin the conversation"] = "ok ok ok ok not_found not_member not_found",
        ["follow"] = "forbidden forbidden forbidden forbidden not_found not_member not_found",
        ["hide"] = "ok ok ok ok not_found ok not_found",
        ["join"] = "ok ok ok ok not_found ok not_found",
        ["leave for good"] = "forbidden ok ok ok not_member ok not_member",
    };

    public enum Role
    {
        Owner,
        Moderator,
        Member,
        Muted,
        Banned,
        Invited,
        Outsider,
    }

    public enum Group
    {
        Public,
        NamedPrivate,
        Private,
    }

    public static TheoryData<Role, Group> Roles => [.. from role in Enum.GetValues<Role>() from kind in Enum.GetValues<Group>() select (role, kind)];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Command_WhenSentByARole_GetsTheAnswerOfTheTable(Role role, Group kind)
    {
        await using var room = await RightsRoom.CreateAsync(cluster, kind);
        await using var actor = role == Role.Owner ? null : await room.ActAsAsync(role);
        var client = actor ?? room.Owner;

        var others = kind switch { Group.Private => Private, Group.NamedPrivate => NamedPrivate, _ => [] };
        var answers = new List<(string Command, string Expected, string Got)>();
        foreach (var (command, expected) in Public)
        {
            var answer = others.GetValueOrDefault(command, expected).Split(' ')[(int)role];
            answers.Add((command, answer, await room.TryAsync(client, command, answer)));
        }

        Assert.All(answers, answer => Assert.True(answer.Expected == answer.Got, $"{role}, {answer.Command}: expected {answer.Expected}, got {answer.Got}"));
    }

    [Theory]
    [InlineData(Role.Outsider)]
    [InlineData(Role.Banned)]
    public async Task PrivateGroup_WhenAStrangerAsks_AnswersLikeAnAbsentOne(Role role)
    {
        await using var room = await RightsRoom.CreateAsync(cluster, Group.Private);
        await using var stranger = await room.ActAsAsync(role);
        var absent = "~" + new string([.. room.Name.Skip(1).Reverse()]);

        foreach (var (command, _) in Public)
        {
            var answer = await room.AnswerAsync(stranger, command);
            var other = await room.AnswerAsync(stranger, command, absent);
            Assert.Equal(other.ToJsonString().Replace(absent, room.Name, StringComparison.Ordinal), answer.ToJsonString());
        }
    }

    [Fact]
    public async Task Settings_WhenTheyTakeWriting_HoldOnEveryGateway()
    {
        var (ann, bob, team) = (cluster.Fresh("ann"), cluster.Fresh("bob"), cluster.Fresh("team"));
        await using var owner = await JsonClient.ConnectAsync(cluster.First, ann);
        await using var member = await JsonClient.ConnectAsync(cluster.Second, bob);
        await owner.AskAsync(Command(owner, """{"t":"join","kind":"group"}""", team), "joined");
        var before = await member.AskAsync(Command(member, """{"t":"join"}""", team), "joined");
        var message = (long)(await owner.SendAsync(team, "rules"))["seq"]!;

        await owner.AskAsync(Command(owner, """{"t":"send","kind":"settings","settings":{"private":true,"members":["react"]}}""", team), "ok");

        var changed = await member.FrameAsync("the settings", frame => (string?)frame["t"] == "ev" && (string?)frame["kind"] == "settings");
        const string Settings = """{"private":true,"members":["react"],"moderators":["write","react","invite","moderate","manage","pin"]}""";
        Assert.Equal(Settings, changed["settings"]!.ToJsonString());
        var refused = await member.AskAsync(Command(member, """{"t":"send","text":"may I?"}""", team), "err");
        Assert.Equal(("forbidden", "this group does not allow your role to do this"), ((string?)refused["code"], (string?)refused["message"]));
        await member.AskAsync(Command(member, $$"""{"t":"send","kind":"react","ref":{{message}},"text":"👍"}""", team), "ok");
        await using var phone = await JsonClient.ConnectAsync(cluster.First, bob);
        var again = await phone.AskAsync(Command(phone, """{"t":"join"}""", team), "joined");
        Assert.Equal((null, Settings), (before["settings"], again["settings"]!.ToJsonString()));

        await using var stranger = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("eve"));
        var outside = await stranger.AskAsync(Command(stranger, """{"t":"join"}""", team), "err");
        Assert.Equal("the group is private: ask a member for an invitation", (string?)outside["message"]);
    }

    private static JsonObject Command(JsonClient client, string json, string room)
    {
        var command = JsonNode.Parse(json)!.AsObject();
        (command["id"], command["room"]) = (client.Command("ping")["id"]!.DeepClone(), room);
        return command;
    }
}
