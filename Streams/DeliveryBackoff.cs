using Orleans.Runtime.Providers;

namespace OrleansChat.Streams;

/// <summary>
/// How long an agent waits before it tries a delivery or a registration again: 100 ms, doubled each time, 1 s at most. Orleans' own waits
/// 1 to 30 s, and a queue stands still while one of its streams registers.
/// </summary>
internal sealed class DeliveryBackoff : IMessageDeliveryBackoffProvider
{
    public TimeSpan Next(int attempt) => TimeSpan.FromMilliseconds(Math.Min(1_000, 100 << Math.Clamp(attempt, 0, 4)));
}
