using Orleans;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Faulty.Gateway;

/// <summary>A beacon that shows nothing: no room's head is told apart from the stream.</summary>
internal sealed class DarkBeacon : IOutgoingGrainCallFilter
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
