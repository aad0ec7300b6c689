using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.MessageLog.Memory;

/// <summary>The replies and the readers of the room's messages.</summary>
internal sealed partial class MemoryRoom
{
    /// <summary>The sequences of the replies to each message, ascending.</summary>
    private readonly Dictionary<long, List<int>> _replies = [];

    public IReadOnlyDictionary<long, int> Replies(IEnumerable<long> messages)
    {
        lock (_gate)
        {
            return messages
                .Select(message => KeyValuePair.Create(
                    message,
                    RepliesTo(message).Take(ThreadRules.MaxReadReplies).Where(seq => !_rows[seq - 1].Deleted).Take(ThreadRules.MaxReplies).Count()))
                .Where(count => count.Value > 0)
                .ToDictionary();
        }
    }

    public IReadOnlyList<string>? Readers(string room, long message, int limit, MemoryBlocks blocks)
    {
        lock (_gate)
        {
            var people = ThreadRules.People(room);
            return Message(message) is not { } row ? null
                : people.Any(person => !_rows.Any(sent => sent.Entry.User == person && sent.Entry.ClientId is not null)) ? []
                : people.Any(person => blocks.Blockers(person, people).Count > 0) ? []
                : [
                    .. people.Concat(_members.Where(member => Member.Is(member.Role)).Select(member => member.User))
                        .Distinct(StringComparer.Ordinal)
                        .Where(user => user != row.Entry.User && _marks.GetValueOrDefault(user) >= message)
                        .Order(StringComparer.Ordinal)
                        .Take(limit),
                ];
        }
    }

    private List<int> RepliesTo(long message) => _replies.GetValueOrDefault(message) ?? [];

    /// <summary>Adds the newest entry of the room to <see cref="_replies"/> if it is a reply.</summary>
    private void AddReply(MessageLogEntry entry)
    {
        if (entry is { Kind: RoomEventKind.Msg, Reply: { } message })
        {
            if (!_replies.TryGetValue(message, out var replies))
            {
                _replies[message] = replies = [];
            }

            replies.Add(_rows.Count);
        }
    }
}
