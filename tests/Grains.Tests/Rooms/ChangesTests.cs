using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Tests.Cluster;
using static OrleansChat.Grains.Tests.Cluster.TestGateway;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The list of a group's changes.</summary>
public sealed class ChangesTests(SiloTestCluster cluster)
{
    private readonly string _room = SiloTestCluster.Fresh("changes");
    private readonly string _ann = SiloTestCluster.Fresh("ann");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_WhenCommandsAreRepeated_AreListedOnce()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        var message = (await gateway.PostAsync(_room, "bob", "hello")).Seq;
        RoomCommand[] commands =
        [
            About(message, _ann, RoomEventKind.Pin, id: "1"), About(message, _ann, RoomEventKind.React, "+1", id: "2"),
            About(message, _ann, RoomEventKind.Delete, id: "3"), Title(_ann, "Plans", "4"), Change(_ann, RoomEventKind.Ban, "bob", id: "5"),
            Say(_ann, "bye", "6"), Set(_ann, new(true, Slow: 5), "7"), Link(_ann, "code", id: "8"), Change(_ann, RoomEventKind.Unban, "bob", id: "9"),
        ];

        foreach (var command in commands.Concat(commands).Append(commands[4]))
        {
            Assert.IsType<Posted>(await gateway.SendOneAsync(_room, command));
        }

        Assert.Equal("Pin 1, Delete 3, Title 4, Ban 5, Settings 7, Link 8, Unban 9", await ChangesAsync(0, 100, long.MaxValue));
        Assert.Equal("Link 8, Unban 9 …", await ChangesAsync(0, 2, long.MaxValue));
        Assert.Equal("Ban 5, Settings 7 …", await ChangesAsync(0, 2, message + 8));
        Assert.Equal("Pin 1, Delete 3 …", await ChangesAsync(message, 2, 0));
        Assert.Equal("Unban 9", await ChangesAsync(message + 8, 2, 0));
        Assert.Equal("", await ChangesAsync(message + 9, 2, 0));
    }

    [Fact]
    public async Task Changes_WhenTheUserMayNotModerate_AreForbidden()
    {
        await using var gateway = await cluster.GatewayAsync();
        await gateway.EnterAsync(_room, _ann, RoomKind.Group);
        await gateway.EnterAsync(_room, "bob");
        await gateway.EnterAsync(_room, "mod");
        await gateway.SendOneAsync(_room, Change(_ann, RoomEventKind.Role, "mod", RoomRole.Moderator));
        var (channel, direct) = (SiloTestCluster.Fresh("channel"), RoomKey.Direct(_ann, "bob"));
        await gateway.EnterAsync(channel, _ann);
        Assert.Equal(Refusal.Forbidden, await RefusalAsync(direct, _ann));
        await gateway.PostAsync(direct, _ann, "hello");

        Assert.Null(await RefusalAsync(_room, _ann));
        Assert.Null(await RefusalAsync(_room, "mod"));
        Assert.Equal(Refusal.Forbidden, await RefusalAsync(_room, "bob"));
        Assert.Null(await RefusalAsync(_room, "bob", RoomAction.Moderate));
        Assert.Equal(Refusal.NotMember, await RefusalAsync(_room, "eve", RoomAction.Moderate));
        Assert.Equal(Refusal.Forbidden, await RefusalAsync(_room, "eve", RoomAction.Moderate | RoomAction.Read));
        Assert.Equal(Refusal.NotFound, await RefusalAsync("nowhere", _ann));
        Assert.Equal(Refusal.Forbidden, await RefusalAsync(channel, _ann, RoomAction.Moderate));
        Assert.Equal(Refusal.Forbidden, await RefusalAsync(direct, _ann));
        Assert.Equal(Refusal.Forbidden, await RefusalAsync(direct, "eve"));

        await gateway.SendOneAsync(_room, Set(_ann, new(false, RoomAction.Moderate, RoomAction.Write)));
        Assert.Null(await RefusalAsync(_room, "bob"));
        Assert.Equal(Refusal.Forbidden, await RefusalAsync(_room, "mod"));
    }

    private async Task<Refusal?> RefusalAsync(string room, string user, RoomAction claimed = RoomAction.None)
        => (await cluster.History.PageAsync(new(room, user, 0, 10, long.MaxValue, claimed, Of: PageOf.Changes), Ct)).Refusal;

    private async Task<string> ChangesAsync(long after, int limit, long whole)
    {
        var page = await cluster.History.PageAsync(new(_room, _ann, after, limit, whole, Of: PageOf.Changes), Ct);
        return string.Join(", ", page.Events.Select(happened => $"{happened.Kind} {happened.ClientId}")) + (page.More ? " …" : "");
    }
}
