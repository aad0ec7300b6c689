using OrleansChat.Grains.Rooms;

namespace OrleansChat.Grains.Tests.Rooms;

public sealed class RoomOptionsTests
{
    [Theory, InlineData(63, false), InlineData(64, true)]
    public void Validate_WhenWaitingPublishesIsBelowTellEvents_Fails(int waiting, bool works)
    {
        var result = new RoomOptionsValidator().Validate(null, new() { PublishEvents = 64, WaitingPublishes = waiting });

        Assert.Equal(works, result.Succeeded);
        if (!works)
        {
            Assert.Contains("Rooms:WaitingPublishes (63)", result.FailureMessage, StringComparison.Ordinal);
            Assert.Contains("Rooms:PublishEvents (64)", result.FailureMessage, StringComparison.Ordinal);
        }
    }
}
