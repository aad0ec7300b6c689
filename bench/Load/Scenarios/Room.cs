using System.Numerics;

namespace OrleansChat.Load.Scenarios;

/// <summary>A room's members, of whom the first few send.</summary>
/// <param name="inFlight">How many messages a sender keeps under way until everybody has them; 0 where it does not look.</param>
internal sealed class Room(string name, int members, int senders, int inFlight)
{
    private readonly long[] _sent = new long[senders];
    private readonly long[] _complete = new long[senders];
    private readonly int _ring = (int)BitOperations.RoundUpToPowerOf2((uint)inFlight);

    // For each message under way, how many have it. Each gets a sender's messages in order, so they are complete in order too.
    private readonly int[] _arrivals = new int[senders * (int)BitOperations.RoundUpToPowerOf2((uint)inFlight)];
    private bool _isFree;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Everybody in it.</summary>
    public Member[] Members { get; } = new Member[members];

    /// <summary>Messages sent.</summary>
    public long Sent => _sent.Sum();

    /// <summary>Messages that a sender may send now, which keeps so many under way.</summary>
    public long Free(int sender) => inFlight - (_sent[sender] - _complete[sender]);

    /// <summary>Whether some have been completed since this was last asked, so that more may be sent.</summary>
    public bool TakeIsFree()
    {
        var isFree = _isFree;
        _isFree = false;
        return isFree;
    }

    /// <summary>The number of a sender's next message.</summary>
    public long Next(int sender) => ++_sent[sender];

    /// <summary>One more member has this message, as the next of its sender.</summary>
    public void Arrived(int sender, long number)
    {
        if (inFlight == 0)
        {
            return;
        }

        ref var arrivals = ref _arrivals[(sender * _ring) + (int)(number & (_ring - 1))];
        if (++arrivals == members)
        {
            arrivals = 0;
            _complete[sender]++;
            _isFree = true;
        }
    }

    /// <summary>Whether everybody has everything.</summary>
    public bool IsWhole => Array.TrueForAll(Members, member => member.Deliveries >= Sent);
}
