using Orleans.Runtime.Providers;

namespace OrleansChat.Streams;

/// <summary>
/// How long a pulling agent waits before it retries a delivery or a registration: 100 ms, doubled each time, up to 1 s.
/// Orleans' own backoff waits 1 to 30 s. That is too long: while the agent registers one stream of a queue, new events
/// of all streams of this queue wait.
/// </summary>
internal sealed class DeliveryBackoff : IMessageDeliveryBackoffProvider
{
    public TimeSpan Next(int attempt) => TimeSpan.FromMilliseconds(Math.Min(1_000, 100 << Math.Clamp(attempt, 0, 4)));
}
