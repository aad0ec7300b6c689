using System.Text.Json.Nodes;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Hostile;

/// <summary>A stranger writes to a user, and then tries to find out what the user does.</summary>
public sealed class StrangerPrivacyTests
{
    [Fact]
    public async Task Stranger_WhenTheUserHasNotWritten_NoticesNothing()
    {
        await using var cluster = await RunningLocalCluster.StartAsync(2, RunningLocalCluster.Patient);
        await using var bob = await JsonClient.ConnectAsync(cluster.Port, "bob");
        await bob.JoinAsync("lobby");
        await using var near = await JsonClient.ConnectAsync(cluster.Port, "stranger");
        await using var far = await JsonClient.ConnectAsync(cluster.Port + 1, "stranger");
        await far.SendAsync("@vic", "buy this");
        Assert.Equal(1, (int)(await near.JoinAsync("@vic"))["count"]!);

        // Vic comes with two devices, reads, types and goes.
        await using (var phone = await JsonClient.ConnectAsync(cluster.Port, "vic"))
        await using (var laptop = await JsonClient.ConnectAsync(cluster.Port + 1, "vic"))
        {
            await phone.JoinAsync("lobby");
            Assert.Equal(1, (int)(await phone.JoinAsync("@stranger"))["count"]!);
            Assert.Equal(1, (int)(await laptop.JoinAsync("@stranger"))["count"]!);
            await phone.SayAsync(In(phone.Command("typing"), "@stranger"));
            await phone.SayAsync(In(phone.Command("mark"), "@stranger", ("read", 1)));
            await laptop.FrameAsync("the own mark", frame => (string?)frame["t"] == "mark" && (string?)frame["user"] == "vic");
            Assert.Equal(["stranger"], await WhoAsync(near, "@vic"));
            Assert.Equal(["stranger"], await WhoAsync(far, "@vic"));
            Assert.Equal(["vic"], await WhoAsync(phone, "@stranger"));
            await far.SendAsync("@vic", "I know that you read this");
            Assert.DoesNotContain(phone.Frames.Concat(laptop.Frames), About("stranger"));
        }

        await bob.FrameAsync("the absence of vic", frame => IsPresence(frame, "vic", online: false));
        await far.SendAsync("@vic", "why do you not answer?");
        await near.EventsAsync("@vic", 3);
        await far.EventsAsync("@vic", 3);
        Assert.DoesNotContain(near.Frames.Concat(far.Frames), About("vic"));

        // Vic answers.
        await using var back = await JsonClient.ConnectAsync(cluster.Port, "vic");
        await back.JoinAsync("@stranger");
        await back.SendAsync("@stranger", "who are you?");
        foreach (var stranger in (JsonClient[])[near, far])
        {
            var frame = await stranger.FrameAsync("the presence of vic", frame => IsPresence(frame, "vic", online: true));
            Assert.Equal(2, (int)frame["count"]!);
        }

        await back.FrameAsync("the presence of the stranger", frame => IsPresence(frame, "stranger", online: true));
        await back.SayAsync(In(back.Command("mark"), "@stranger", ("read", 4)));
        await far.FrameAsync("the mark of vic", frame => (string?)frame["t"] == "mark" && (string?)frame["user"] == "vic" && (int)frame["read"]! == 4);
        await back.SayAsync(In(back.Command("typing"), "@stranger"));
        await far.FrameAsync("the typing of vic", frame => (string?)frame["t"] == "typing" && (string?)frame["user"] == "vic");

        // After a restart of the silo, the two people still see each other.
        await ProcessGroup.SignalAsync("KILL", cluster.Child("silo-1").Pid);
        await cluster.Group.LineAsync("silo-1 is back", RunningLocalCluster.StartLimit);
        await far.SendAsync("@vic", "still there?");
        for (var users = await WhoAsync(far, "@vic"); users.Length < 2; users = await WhoAsync(far, "@vic"))
        {
            // The gateways report their users to the new activation within the presence bound.
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        var before = far.Frames.Count;
        await back.DisposeAsync();
        await far.FrameAsync("the absence of vic", frame => IsPresence(frame, "vic", online: false), before);
    }

    private static JsonObject In(JsonObject command, string room, params (string Field, JsonNode Value)[] fields)
    {
        command["room"] = room;
        foreach (var (field, value) in fields)
        {
            command[field] = value;
        }

        return command;
    }

    private static async Task<string[]> WhoAsync(JsonClient client, string room)
    {
        var who = await client.AskAsync(In(client.Command("who"), room), "who");
        string[] users = [.. who["users"]!.AsArray().Select(user => (string)user!)];
        Assert.Equal(users.Length, (int)who["count"]!);
        return users;
    }

    /// <summary>Whether a frame shows what the user does, or that two users are in a direct conversation.</summary>
    private static Predicate<JsonObject> About(string user) => frame =>
        ((string?)frame["room"])?.StartsWith('@') == true
        && ((string?)frame["user"] == user || (frame["count"] is { } count && (int)count > 1));

    private static bool IsPresence(JsonObject frame, string user, bool online) =>
        (string?)frame["t"] == "presence" && (string?)frame["user"] == user && (bool?)frame["online"] == online;
}
