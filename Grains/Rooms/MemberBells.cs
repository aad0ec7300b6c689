using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The bells of a room's members: each is rung with the range of new events, one ring at a time; what is committed meanwhile widens the
/// next range. A ring that fails is tried again, then given up: it is a doorbell, the log has the events. Runs in the room's turns.
/// </summary>
/// <param name="ring">Rings one member's bell for a range of sequences, both included.</param>
internal sealed partial class MemberBells(
    RoomOptions options,
    TimeProvider time,
    Func<string, long, long, Task> ring,
    GrainInstruments instruments,
    ILogger logger,
    CancellationToken stopping)
{
    private readonly Dictionary<string, Bell> _bells = [];

    /// <summary>Completes when no ring is due any more.</summary>
    public Task Ringing => Task.WhenAll(_bells.Values.Select(bell => bell.Ringing));

    public void Ring(IEnumerable<string> members, long from, long to)
    {
        foreach (var member in members)
        {
            if (_bells.TryGetValue(member, out var bell))
            {
                bell.Widen(from, to);
            }
            else
            {
                _bells[member] = bell = new Bell();
                bell.Widen(from, to);
                bell.Ringing = RingAsync(member, bell);
            }
        }
    }

    private async Task RingAsync(string member, Bell bell)
    {
        await Task.Yield();
        var attempts = 0;
        while (bell.Take(out var from, out var to) && !stopping.IsCancellationRequested)
        {
            try
            {
                await ring(member, from, to);
                instruments.Rings.Add(1);
                attempts = 0;
            }
            catch (Exception failure) when (++attempts < options.RingAttempts)
            {
                LogRetry(failure, attempts);
                bell.Widen(from, to);
                await Task.Delay(TimeSpan.FromMilliseconds(options.RingRetryMs << (attempts - 1)), time, stopping)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
            catch (Exception failure)
            {
                instruments.RingsDropped.Add(1);
                LogDropped(failure, attempts);
                attempts = 0;
            }
        }

        _bells.Remove(member);
    }

    [LoggerMessage(120, LogLevel.Information, "A member's bell could not be rung; attempt {Attempt}.")]
    private partial void LogRetry(Exception failure, int attempt);

    [LoggerMessage(121, LogLevel.Warning, "A member's bell was given up after {Attempts} attempts.")]
    private partial void LogDropped(Exception failure, int attempts);

    private sealed class Bell
    {
        private long _from;
        private long _to;

        public Task Ringing { get; set; } = Task.CompletedTask;

        public void Widen(long from, long to) => (_from, _to) = (_from == 0 ? from : Math.Min(_from, from), Math.Max(_to, to));

        public bool Take(out long from, out long to)
        {
            (from, to) = (_from, _to);
            (_from, _to) = (0, 0);
            return from > 0;
        }
    }
}
