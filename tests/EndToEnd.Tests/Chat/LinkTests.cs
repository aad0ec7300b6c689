using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Invitation links of private groups, made and used through two gateways.</summary>
[Collection(nameof(ProcessTestCluster))]
public sealed class LinkTests(ProcessTestCluster cluster)
{
    [Fact]
    public async Task Link_WhenUsedOnTheOtherGateway_MakesAMember()
    {
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("bob"));
        var room = await CreateAsync(ann);
        var code = NewCode();
        var link = Link(ann, room, code, uses: 2);
        var made = await ann.AskAsync(link, "ok");

        var again = await ann.AskAsync(link, "ok");
        var joined = await bob.AskAsync(Join(bob, room, code), "joined");

        Assert.Equal((long)made["seq"]!, (long)again["seq"]!);
        Assert.Equal("member", (string?)joined["role"]);
        await bob.SendAsync(room, "hello");
        var events = await ann.EventsAsync(room, (long)joined["seq"]! + 1);
        var shown = events.Single(frame => (string?)frame["kind"] == "link");
        Assert.Equal((2, null, null, null), ((int)shown["uses"]!, shown["code"], shown["meta"], shown["text"]));
        Assert.Equal((long)made["seq"]!, (long)events.Single(frame => (string?)frame["kind"] == "join" && (string?)frame["from"] == bob.User)["ref"]!);
    }

    [Fact]
    public async Task LastUse_WhenTakenThroughTwoGateways_IsTakenByOne()
    {
        const int Users = 8;
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        var room = await CreateAsync(ann);
        var code = NewCode();
        await ann.AskAsync(Link(ann, room, code, uses: 1), "ok");
        var others = await Task.WhenAll(Enumerable.Range(0, Users).Select(i => JsonClient.ConnectAsync(i % 2 == 0 ? cluster.First : cluster.Second, cluster.Fresh("user"))));

        var answers = await Task.WhenAll(others.Select(other => other.AskAsync(Join(other, room, code))));

        Assert.Single(answers, answer => (string?)answer["t"] == "joined");
        Assert.Equal(Users - 1, answers.Count(answer => (string?)answer["code"] == "not_found"));
        await Task.WhenAll(others.Select(async other => await other.DisposeAsync()));
    }

    [Fact]
    public async Task Code_WhenItIsNotValid_IsAnsweredLikeAnAbsentGroup()
    {
        await using var ann = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("ann"));
        await using var bob = await JsonClient.ConnectAsync(cluster.First, cluster.Fresh("bob"));
        await using var eve = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("eve"));
        await using var banned = await JsonClient.ConnectAsync(cluster.Second, cluster.Fresh("banned"));
        var room = await CreateAsync(ann);
        var absent = "~" + new string([.. room.Skip(1).Reverse()]);
        var (usedUp, late, ended, good) = (NewCode(), NewCode(), NewCode(), NewCode());
        await ann.AskAsync(Link(ann, room, usedUp, uses: 1), "ok");
        await bob.AskAsync(Join(bob, room, usedUp), "joined");
        await ann.AskAsync(Link(ann, room, late, until: 1), "ok");
        var unlink = Send(ann, room, "unlink");
        unlink["ref"] = (long)(await ann.AskAsync(Link(ann, room, ended), "ok"))["seq"]!;
        await ann.AskAsync(unlink, "ok");
        await ann.AskAsync(Link(ann, room, good), "ok");
        var ban = Send(ann, room, "ban");
        ban["user"] = banned.User;
        await ann.AskAsync(ban, "ok");

        foreach (var (client, code) in ((JsonClient, string)[])[(eve, NewCode()), (eve, usedUp), (eve, late), (eve, ended), (banned, good)])
        {
            var foreign = await AnswerAsync(client, room, code);
            Assert.Equal(await AnswerAsync(client, absent, code), foreign);
            Assert.Equal("""{"t":"err","code":"not_found","message":"there is no such room"}""", foreign);
        }

        await eve.AskAsync(Join(eve, room, good), "joined");
    }

    [Fact]
    public async Task Code_WhenALinkIsMadeAndUsed_IsInNoFileOrLog()
    {
        var verbose = new Dictionary<string, string> { ["Logging:LogLevel:Default"] = "Debug", ["Logging:LogLevel:Microsoft.AspNetCore"] = "Debug" };
        await using var own = await RunningLocalCluster.StartAsync(2, verbose);
        await using var ann = await JsonClient.ConnectAsync(own.Port, "ann");
        await using var bob = await JsonClient.ConnectAsync(own.Port + 1, "bob");
        var room = await CreateAsync(ann);
        var (code, wrong, message) = (NewCode(), NewCode(), NewCode());
        await ann.SendAsync(room, message);
        await ann.AskAsync(Link(ann, room, code), "ok");
        await bob.AskAsync(Join(bob, room, wrong), "err");
        await bob.AskAsync(Join(bob, room, code), "joined");
        var history = bob.Command("history");
        history["room"] = room;
        await bob.AskAsync(history, "page");

        // The lock file has no content, and cannot be opened while the silo runs.
        var files = Directory.GetFiles(own.Data, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal));
        var stored = await Task.WhenAll(files.Select(ReadAsync));
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(code))).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        Assert.Contains(stored, file => file.Contains(message, StringComparison.Ordinal));
        Assert.Contains(stored, file => file.Contains(hash, StringComparison.Ordinal));
        Assert.Contains(own.Group.Output, line => line.Contains("dbug", StringComparison.Ordinal));
        foreach (var secret in (string[])[code, wrong])
        {
            Assert.DoesNotContain(stored, file => file.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(own.Group.Output, line => line.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(ann.Frames.Concat(bob.Frames), frame => frame.ToJsonString().Contains(secret, StringComparison.Ordinal));
        }

        // The silo still has the files open for writing.
        static async Task<string> ReadAsync(string path)
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file, Encoding.Latin1);
            return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> CreateAsync(JsonClient client) => (string)(await client.AskAsync(client.Command("create"), "joined"))["room"]!;

    /// <summary>Joins with an invalid code. Returns the answer without its id.</summary>
    private static async Task<string> AnswerAsync(JsonClient client, string room, string code)
    {
        var answer = (await client.AskAsync(Join(client, room, code))).DeepClone().AsObject();
        answer.Remove("id");
        return answer.ToJsonString();
    }

    private static JsonObject Join(JsonClient client, string room, string code)
    {
        var join = client.Command("join");
        (join["room"], join["link"]) = (room, code);
        return join;
    }

    private static JsonObject Link(JsonClient client, string room, string code, int? uses = null, long? until = null)
    {
        var link = Send(client, room, "link");
        (link["code"], link["uses"], link["until"]) = (code, uses, until);
        return link;
    }

    private static JsonObject Send(JsonClient client, string room, string kind)
    {
        var send = client.Command("send");
        (send["room"], send["kind"]) = (room, kind);
        return send;
    }

    private static string NewCode() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", 26);
}
