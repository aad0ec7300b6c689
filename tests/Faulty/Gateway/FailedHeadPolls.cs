using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Faulty.Gateway;

/// <summary>
/// Answers each call of the head poller with an empty list. So the gateway learns of new events only from its stream.
/// </summary>
internal sealed class FailedHeadPolls : IOutgoingGrainCallFilter
{
    public Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.MethodName == nameof(IHistoryGrain.HeadsAsync))
        {
            context.Result = new RoomHeads([], 0);
            return Task.CompletedTask;
        }

        return context.Invoke();
    }
}
