using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>The hash that the log keeps for ever.</summary>
public sealed class BodyHashTests
{
    private static readonly Post Body = new("ann", "id", RoomEventKind.Msg, "text", null, null, null);

    [Fact]
    public void Hash_OfTheSameBody_IsTheSameForWhoeverSendsIt()
        => Assert.Equal(BodyHash.Of(Body), BodyHash.Of(Body with { User = "bob", ClientId = "other" }));

    [Fact]
    public void Hash_TellsBodiesApartThatReadTheSameRunTogether()
    {
        Post[] bodies =
        [
            Body, Body with { Text = null }, Body with { Text = "" }, Body with { Text = null, Meta = "text" }, Body with { Text = "te", Meta = "xt" },
            Body with { Ref = 1 }, Body with { Reply = 1 }, Body with { Ref = 0 }, Body with { Kind = RoomEventKind.React }, Body with { Meta = "" },
        ];

        Assert.Equal(bodies.Length, bodies.Select(BodyHash.Of).Distinct().Count());
    }

    [Fact]
    public void Hash_NeverChanges()
        => Assert.Equal(-6068980635062479139L, BodyHash.Of(new Post("ann", "id", RoomEventKind.Edit, "héllo 👋", 3, 4, "{\"a\":1}")));
}
