using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Tokens whose rights claim grants actions in rooms, used at two gateways.</summary>
public sealed class ClaimTests
{
    private const string Issuer = "https://issuer.example";

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    private Dictionary<string, string> Settings => new()
    {
        ["Identity:Issuer"] = Issuer,
        ["Identity:Audience"] = "chat",
        ["Identity:RightsClaim"] = "rights",
        ["Identity:Keys:0:Id"] = "key",
        ["Identity:Keys:0:Algorithm"] = "HS256",
        ["Identity:Keys:0:Secret"] = Convert.ToBase64String(_secret),
    };

    [Fact]
    public async Task Claim_WhenATokenGrantsAPrivateGroup_AdmitsOnlyItsUser()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(2, Settings, "--store", "memory");
        await using var owner = await JsonClient.ConnectByTokenAsync(cluster.Port, "owner", Token("owner"));
        var room = (string)(await owner.AskAsync(owner.Command("create"), "joined"))["room"]!;
        await owner.SendAsync(room, "hello");
        var absent = "~" + new string([.. room.Skip(1).Reverse()]);
        var (join, read) = (new JsonObject { [room] = new JsonArray("join") }, new JsonObject { ["~*"] = new JsonArray("read") });

        await using var member = await JsonClient.ConnectByTokenAsync(cluster.Port + 1, "member", Token("member", join));
        await using var reader = await JsonClient.ConnectWithTokenAsync(cluster.Port + 1, "reader", Token("reader", read));
        await using var other = await JsonClient.ConnectByTokenAsync(cluster.Port + 1, "other", Token("other"));
        Assert.Equal("member", (string)(await member.JoinAsync(room))["role"]!);
        Assert.Null((await reader.JoinAsync(room))["role"]);
        await member.SendAsync(room, "I am in");
        await reader.FrameAsync("the event", frame => (string?)frame["text"] == "I am in");
        Assert.Equal("not_member", (string)(await AskAsync(reader, "send", room, ("text", "me too")))["code"]!);
        Assert.Equal("page", (string)(await AskAsync(reader, "history", room))["t"]!);

        // To a user whose token grants nothing, the gateway answers as if the group did not exist.
        foreach (var type in (string[])["join", "history", "who", "members", "mark"])
        {
            var foreign = Bytes(await AskAsync(other, type, room, ("read", 1)));
            var missing = Bytes(await AskAsync(other, type, absent, ("read", 1)));
            Assert.Equal(missing.Replace(absent, room, StringComparison.Ordinal), foreign);
        }

        // A fresh token without the claim ends the reader's subscription, but not the membership of the member.
        foreach (var client in (JsonClient[])[reader, member])
        {
            var auth = client.Command("auth");
            auth["token"] = Token(client.User);
            await client.AskAsync(auth, "ok");
        }

        var ended = await reader.FrameAsync("the end of the subscription", frame => (string?)frame["t"] == "err" && (string?)frame["room"] == room);
        Assert.Equal(("not_found", null), ((string)ended["code"]!, ended["id"]));
        var last = await owner.SendAsync(room, "last");
        await member.EventsAsync(room, (long)last["seq"]!);
        Assert.DoesNotContain(reader.EventsOf(room), happened => (string?)happened["text"] == "last");
        Assert.Equal("not_found", (string)(await AskAsync(reader, "history", room))["code"]!);
    }

    private static Task<JsonObject> AskAsync(JsonClient client, string type, string room, (string Name, JsonNode Value)? field = null)
    {
        var command = client.Command(type);
        command["room"] = room;
        if (field is { } given)
        {
            command[given.Name] = given.Value;
        }

        return client.AskAsync(command);
    }

    private static string Bytes(JsonObject answer)
    {
        var copy = answer.DeepClone().AsObject();
        copy.Remove("id");
        return copy.ToJsonString();
    }

    /// <summary>Returns a token like those that an application issues, signed with HS256.</summary>
    private string Token(string user, JsonObject? rights = null)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["aud"] = "chat",
            ["sub"] = user,
            ["exp"] = now + 600,
        };
        if (rights is not null)
        {
            claims["rights"] = rights.DeepClone();
        }

        var signed = $"{Encode("""{"alg":"HS256","kid":"key"}""")}.{Encode(claims.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(_secret, Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string Encode(string part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part));
}
