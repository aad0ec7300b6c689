namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// A user of each role sends each command, in a public and in a private group. Some users of the group are connected to
/// one gateway, the others to the other gateway.
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
        ("pin", "ok ok ok ok not_member not_member not_member"),
        ("follow", "forbidden forbidden forbidden forbidden not_member not_member not_member"),
        ("hide", "ok ok ok ok not_member ok not_member"),
        ("mark", "ok ok ok ok not_member not_member not_member"),
        ("send", "ok ok ok muted not_member not_member not_member"),
        ("react", "ok ok ok muted not_member not_member not_member"),
        ("edit another's", "forbidden forbidden forbidden muted not_member not_member not_member"),
        ("delete a moderator's", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("delete a member's", "ok ok forbidden forbidden not_member not_member not_member"),
        ("invite", "ok ok ok muted not_member not_member not_member"),
        ("title", "ok ok forbidden forbidden not_member not_member not_member"),
        ("mute member", "ok ok forbidden forbidden not_member not_member not_member"),
        ("unmute", "ok ok forbidden forbidden not_member not_member not_member"),
        ("mute moderator", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("kick owner", "forbidden forbidden forbidden forbidden not_member not_member not_member"),
        ("role", "ok forbidden forbidden forbidden not_member not_member not_member"),
        ("kick muted", "ok ok forbidden forbidden not_member not_member not_member"),
        ("ban outsider", "ok ok forbidden forbidden not_member not_member not_member"),
        ("unban", "ok ok forbidden forbidden not_member not_member not_member"),
        ("join", "ok ok ok ok forbidden ok ok"),
        ("leave for good", "forbidden ok ok ok not_member ok ok"),
    ];

    /// <summary>
    /// The rows that differ in a private group. Outsiders and banned users must not learn that the group exists.
    /// </summary>
    private static readonly Dictionary<string, string> Private = new()
    {
        ["resume"] = "ok ok ok ok not_found not_member not_found",
        ["history"] = "ok ok ok ok not_found not_member not_found",
        ["who"] = "ok ok ok ok not_found not_member not_found",
        ["members"] = "ok ok ok ok not_found not_member not_found",
        ["pin"] = "ok ok ok ok not_found not_member not_found",
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

    public static TheoryData<Role, bool> Roles => [.. from role in Enum.GetValues<Role>() from isPrivate in (bool[])[false, true] select (role, isPrivate)];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Command_WhenSentByARole_GetsTheAnswerOfTheTable(Role role, bool isPrivate)
    {
        await using var room = await RightsRoom.CreateAsync(cluster, isPrivate);
        await using var actor = role == Role.Owner ? null : await room.ActAsAsync(role);
        var client = actor ?? room.Owner;

        var answers = new List<(string Command, string Expected, string Got)>();
        foreach (var (command, expected) in Public)
        {
            var row = isPrivate && Private.TryGetValue(command, out var other) ? other : expected;
            answers.Add((command, row.Split(' ')[(int)role], await room.TryAsync(client, command)));
        }

        Assert.All(answers, answer => Assert.True(answer.Expected == answer.Got, $"{role}, {answer.Command}: expected {answer.Expected}, got {answer.Got}"));
    }

    [Theory]
    [InlineData(Role.Outsider)]
    [InlineData(Role.Banned)]
    public async Task PrivateGroup_WhenAStrangerAsks_AnswersLikeAnAbsentOne(Role role)
    {
        await using var room = await RightsRoom.CreateAsync(cluster, isPrivate: true);
        await using var stranger = await room.ActAsAsync(role);
        var absent = "~" + new string([.. room.Name.Skip(1).Reverse()]);

        foreach (var (command, _) in Public)
        {
            var answer = await room.AnswerAsync(stranger, command);
            var other = await room.AnswerAsync(stranger, command, absent);
            Assert.Equal(other?.ToJsonString().Replace(absent, room.Name, StringComparison.Ordinal), answer?.ToJsonString());
        }
    }
}
