using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// The hash of a message's body. The log stores the hash, so each version of OrleansChat must compute the same one.
/// </summary>
public sealed class BodyHashTests
{
    private static readonly Post Body = new("ann", "id", RoomEventKind.Msg, "text", null, null, null);

    [Fact]
    public void Hash_WhenOnlyTheSenderDiffers_IsTheSame()
        => Assert.Equal(BodyHash.Compute(Body), BodyHash.Compute(Body with { User = "bob", ClientId = "other" }));

    /// <summary>
    /// A silo of version 0.1.0 stores a message without its mentions. A repetition through a newer silo must not be a
    /// conflict.
    /// </summary>
    [Fact]
    public void Hash_WhenOnlyTheMentionsDiffer_IsTheSame()
        => Assert.Equal(BodyHash.Compute(Body), BodyHash.Compute(Body with { Mentions = "bob @everyone" }));

    [Fact]
    public void Hash_WhenTheFieldsDiffer_IsDifferent()
    {
        Post[] bodies =
        [
            Body, Body with { Text = null }, Body with { Text = "" }, Body with { Text = null, Meta = "text" }, Body with { Text = "te", Meta = "xt" },
            Body with { Ref = 1 }, Body with { Reply = 1 }, Body with { Ref = 0 }, Body with { Kind = RoomEventKind.React }, Body with { Meta = "" },
        ];

        Assert.Equal(bodies.Length, bodies.Select(BodyHash.Compute).Distinct().Count());
    }

    [Fact]
    public void Hash_WhenComputedForAKnownBody_EqualsTheStoredHash()
        => Assert.Equal(-6068980635062479139L, BodyHash.Compute(new Post("ann", "id", RoomEventKind.Edit, "héllo 👋", 3, 4, "{\"a\":1}")));
}
