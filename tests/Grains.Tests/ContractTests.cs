using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Tests;

/// <summary>Messages between gateways and grains survive serialization unchanged.</summary>
public sealed class ContractTests
{
    public static TheoryData<object> Messages => new((object[])[
        new Enter("ann", RoomKind.Group, RoomKind.Channel),
        new Enter("ann", null, null, Link: "hash"),
        new Exit("ann", true),
        new Post("ann", "id-1", RoomEventKind.Edit, "text", 3, 4, "{}"),
        new Post("ann", "id-2", RoomEventKind.Msg, "text", null, null, null, "bob @everyone"),
        new RoomEvent(1, 2, "ann", RoomEventKind.Msg, "text", null, null, null, "id-2", false, 1) { Mentions = "bob @everyone" },
        new MarkRead("ann", 7),
        new Posted(5, 6, true),
        new Refused(Refusal.Gone, "deleted", 250),
        new Entered(RoomKind.Direct, "e", 1, 2, 3, 4, 5),
        new Entered(RoomKind.Group, "e", 1, 2, 3, 4, 5, Settings: new(true, RoomAction.Write, RoomAction.Moderate | RoomAction.Manage)),
        new Entered(RoomKind.Group, "e", 1, 2, 3, 4, 5, Mentions: 3, UnreadMore: true),
        new Conversation("team", RoomKind.Group, 1, 2, 3, 4, Mentions: 3, UnreadMore: true),
        new UserNotification("ann", "lobby", 8, 9),
        new SessionReplaced("s"),
        new RoomHead("lobby", 10, 11)]);

    [Theory, MemberData(nameof(Messages))]
    public void Message_WhenSerialized_StaysEqual(object message)
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();

        Assert.Equal(message, serializer.Deserialize<object>(serializer.SerializeToArray(message)));
    }
}
