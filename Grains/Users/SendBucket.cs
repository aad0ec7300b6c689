using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Users;

/// <summary>A token bucket of whole tokens. It begins full.</summary>
internal sealed class SendBucket(TimeProvider time)
{
    private long _tokens = long.MaxValue;

    /// <summary>The timestamp up to which time was turned into tokens.</summary>
    private long _since = time.GetTimestamp();

    /// <param name="perSecond">Tokens a second; 0 for no limit.</param>
    /// <param name="burst">Tokens that may be saved up, at least one.</param>
    public SendGrant Take(int wanted, int perSecond, int burst)
    {
        if (perSecond <= 0)
        {
            return new SendGrant(wanted, 0);
        }

        var now = time.GetTimestamp();
        burst = Math.Max(1, burst);
        var earned = (long)Int128.Min((Int128)(now - _since) * perSecond / time.TimestampFrequency, burst);
        if (_tokens >= burst - earned)
        {
            (_tokens, _since) = (burst, now);
        }
        else
        {
            // Only the time of whole tokens is spent; the rest counts towards the next one.
            _tokens += earned;
            _since += (long)((Int128)earned * time.TimestampFrequency / perSecond);
        }

        var granted = (int)Math.Clamp(wanted, 0, _tokens);
        _tokens -= granted;
        return new SendGrant(granted, _tokens > 0 ? 0 : MillisecondsToNext(now, perSecond));
    }

    private int MillisecondsToNext(long now, int perSecond)
    {
        var next = _since + (((double)time.TimestampFrequency) / perSecond);
        return (int)Math.Max(1, Math.Ceiling((next - now) * 1000 / time.TimestampFrequency));
    }
}
