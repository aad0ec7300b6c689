namespace OrleansChat.Load.Scenarios;

/// <summary>A room's members, of whom the first few send.</summary>
internal sealed class Room(string name, Member[] members, int senders)
{
    private readonly long[] _sent = new long[senders];

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Everybody in it.</summary>
    public Member[] Members => members;

    /// <summary>Messages sent.</summary>
    public long Sent => _sent.Sum();

    /// <summary>Messages of one sender that not everybody has yet.</summary>
    public long UnderWay(int sender) => _sent[sender] - members.Min(member => member.Last(sender));

    /// <summary>The number of a sender's next message.</summary>
    public long Next(int sender) => ++_sent[sender];

    /// <summary>Whether everybody has everything.</summary>
    public bool IsWhole => Array.TrueForAll(members, member => member.Deliveries >= Sent);
}
