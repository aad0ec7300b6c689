using System.Numerics;

namespace OrleansChat.Load.Scenarios;

/// <summary>A room and its members. The first members are the senders.</summary>
/// <param name="inFlight">How many messages of each sender may be in flight, that is, not yet received by all members;
/// 0 for no limit.</param>
internal sealed class Room(string name, int members, int senders, int inFlight)
{
    private readonly long[] _sent = new long[senders];
    private readonly long[] _complete = new long[senders];
    private readonly int _ring = (int)BitOperations.RoundUpToPowerOf2((uint)inFlight);

    // For each message in flight, the number of members that have received it. Each member receives a sender's messages
    // in order, so the messages become complete (received by all members) in order too.
    private readonly int[] _arrivals = new int[senders * (int)BitOperations.RoundUpToPowerOf2((uint)inFlight)];
    private bool _isFree;

    public string Name => name;

    public Member[] Members { get; } = new Member[members];

    /// <summary>The number of messages sent.</summary>
    public long Sent => _sent.Sum();

    /// <summary>Returns how many more messages a sender may have in flight now.</summary>
    public long Free(int sender) => inFlight - (_sent[sender] - _complete[sender]);

    /// <summary>
    /// Returns whether a message has become complete since the last call: all members have received it, so its sender
    /// may send another message.
    /// </summary>
    public bool TakeIsFree()
    {
        var isFree = _isFree;
        _isFree = false;
        return isFree;
    }

    /// <summary>Counts one more message of a sender and returns its number, from 1.</summary>
    public long Next(int sender) => ++_sent[sender];

    /// <summary>Records that one more member has received this message as the next message of its sender.</summary>
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

    /// <summary>Whether every member has received every message.</summary>
    public bool IsWhole => Array.TrueForAll(Members, member => member.Deliveries >= Sent);
}
