using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Checks;

/// <summary>
/// Computes the counts of a room from its log. The counts of unread messages and of mentions depend only on the log up
/// to a head, on the read mark and on the user.
/// </summary>
internal sealed class RoomCounts
{
    /// <summary>Maximum number of events that the server counts.</summary>
    public const int Window = 1000;

    /// <summary>The highest number of replies that the server shows.</summary>
    public const int MaxReplies = 1000;

    private readonly SendList _sends;
    private readonly IReadOnlyList<MessageLogEntry> _log;

    // For each sequence from 0 to the head: the number of messages up to it, and the sequence of the event that deleted
    // the message (int.MaxValue if no event did).
    private readonly int[] _messages;
    private readonly int[] _deletedAt;

    // Ascending sequences: the deletions (with the message of each), the messages with mentions, the messages of each
    // user, the replies to each message.
    private readonly List<int> _deletions = [];
    private readonly List<int> _deleted = [];
    private readonly List<int> _mentioning = [];
    private readonly Dictionary<int, List<int>> _own = [];
    private readonly Dictionary<int, List<int>> _replies = [];

    public RoomCounts(SendList sends, IReadOnlyList<MessageLogEntry> log)
    {
        (_sends, _log, _messages, _deletedAt) = (sends, log, new int[log.Count + 1], new int[log.Count + 1]);
        Array.Fill(_deletedAt, int.MaxValue);
        var seqs = new Dictionary<int, int>();
        for (var seq = 1; seq <= log.Count; seq++)
        {
            _messages[seq] = _messages[seq - 1];
            if (log[seq - 1].Send is var send && send < 0)
            {
                continue; // LogCheck reports an event that no client sent.
            }

            ref var sent = ref sends[send];
            switch (sent.Kind)
            {
                case SendKind.Message:
                    _messages[seq]++;
                    seqs.TryAdd(send, seq);
                    Add(_own, sent.Writer, seq);
                    if (sent.Reply > 0)
                    {
                        Add(_replies, sent.Reply, seq);
                    }

                    if (sent.MentionsEveryone || sent.Mentioned is not null)
                    {
                        _mentioning.Add(seq);
                    }

                    break;
                case SendKind.Deletion when seqs.TryGetValue(sent.Target, out var deleted) && _deletedAt[deleted] == int.MaxValue:
                    _deletedAt[deleted] = seq;
                    _deletions.Add(seq);
                    _deleted.Add(deleted);
                    break;
            }
        }

        static void Add(Dictionary<int, List<int>> all, int key, int seq)
        {
            if (!all.TryGetValue(key, out var seqs))
            {
                all[key] = seqs = [];
            }

            seqs.Add(seq);
        }
    }

    public int Head => _log.Count;

    /// <summary>The counts of a user, with the head and the read mark that the server named.</summary>
    /// <param name="seq">From 0 to <see cref="Head"/>.</param>
    /// <param name="read">From 0 to <paramref name="seq"/>.</param>
    public (int Unread, int Mentions, bool HasMore) Count(int user, int seq, int read) => Count(user, seq, read, seq);

    /// <summary>
    /// Whether these can be the counts in <c>joined</c>. The room reads the counts at an older head, and adds the events
    /// that it committed meanwhile. So the counted events may begin up to 1,000 events earlier than in a list.
    /// </summary>
    public bool MayBeJoined(int user, int seq, int read, (int Unread, int Mentions, bool HasMore) counts)
    {
        for (var older = seq; older >= Math.Max(read, seq - Window); older--)
        {
            if (Count(user, seq, read, older) == counts)
            {
                return true;
            }

            if (older <= Window)
            {
                return false; // From here on, the counted events begin at the read mark or at the first event.
            }
        }

        return false;
    }

    /// <param name="older">The head whose newest 1,000 events are counted, and all events after this head.</param>
    private (int Unread, int Mentions, bool HasMore) Count(int user, int seq, int read, int older)
    {
        var after = Math.Max(read, older - Window);
        var own = _own.TryGetValue(user, out var seqs) ? FirstAfter(seqs, seq) - FirstAfter(seqs, after) : 0;
        var deleted = 0;
        for (var at = FirstAfter(_deletions, after); at < _deletions.Count && _deletions[at] <= seq; at++)
        {
            deleted += _deleted[at] > after && SentAt(_deleted[at]).Writer != user ? 1 : 0;
        }

        var mentions = 0;
        for (var at = FirstAfter(_mentioning, after); at < _mentioning.Count && _mentioning[at] <= seq; at++)
        {
            ref var sent = ref SentAt(_mentioning[at]);
            mentions += sent.Writer != user && (sent.MentionsEveryone || sent.Mentioned == user) && _deletedAt[_mentioning[at]] > seq ? 1 : 0;
        }

        return (_messages[seq] - _messages[after] - own - deleted, mentions, read < older - Window && _messages[seq] > _messages[read]);
    }

    /// <summary>The number of replies to a message, without those that were deleted up to the head.</summary>
    public int Replies(int message) => Math.Min(MaxReplies, RepliesTo(message).Count(reply => _deletedAt[reply] == int.MaxValue));

    /// <summary>
    /// The lowest and the highest number of replies that a page may show that the server read when the log ended at
    /// <paramref name="seq"/> or later.
    /// </summary>
    public (int From, int To) RepliesFrom(int message, int seq)
    {
        var replies = RepliesTo(message);
        return (
            Math.Min(MaxReplies, replies.Count(reply => reply <= seq && _deletedAt[reply] == int.MaxValue)),
            Math.Min(MaxReplies, replies.Count(reply => _deletedAt[reply] > seq)));
    }

    public bool IsMessage(int seq) => _log[seq - 1].Send >= 0 && SentAt(seq).Kind is SendKind.Message;

    private List<int> RepliesTo(int message) => _replies.GetValueOrDefault(message) ?? [];

    private ref Send SentAt(int seq) => ref _sends[_log[seq - 1].Send];

    /// <summary>The index of the first sequence after this one.</summary>
    private static int FirstAfter(List<int> seqs, int seq)
    {
        var at = seqs.BinarySearch(seq);
        return at < 0 ? ~at : at + 1;
    }
}
