using OrleansChat.ChatCheck.Checks;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Tests.Checks;

public sealed class RoomCountsTests
{
    private const int Users = 4;

    /// <summary>Compares the counts with a loop over all events, which follows docs/protocol.md word by word.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Counts_WhenLogsAreRandom_EqualALoopOverTheEvents(int seed)
    {
        var random = new Random(seed);
        var (sends, log) = RandomLog(random, 2500);
        var counts = new RoomCounts(sends, log);

        for (var at = 0; at < 1000; at++)
        {
            var seq = random.Next(log.Count + 1);
            var read = random.Next(seq + 1);
            var user = random.Next(Users);

            Assert.Equal(Loop(sends, log, user, seq, read), counts.Count(user, seq, read));
        }
    }

    [Theory, InlineData(4), InlineData(5)]
    public void Replies_WhenLogsAreRandom_EqualALoopOverTheEvents(int seed)
    {
        var (sends, log) = RandomLog(new Random(seed), 500);
        var counts = new RoomCounts(sends, log);
        var deleted = Deleted(sends, log, log.Count);

        for (var message = 1; message <= log.Count; message++)
        {
            Assert.Equal(log.Count(entry => IsReply(entry.Send, message)), counts.Replies(message));
        }

        bool IsReply(int send, int message) => sends[send].Kind is SendKind.Message && sends[send].Reply == message && !deleted.Contains(send);
    }

    /// <summary>
    /// The counts that a room reads at head 1,200, and to which it adds 3 messages. A list never has these counts.
    /// </summary>
    [Fact]
    public void Joined_WhenEventsWereCommittedDuringTheRead_MayCountThemToo()
    {
        var (sends, log) = (new SendList(), new List<MessageLogEntry>());
        for (var seq = 1; seq <= 1203; seq++)
        {
            log.Add(new(seq, sends.Add(new() { Writer = HandMade.Ann })));
        }

        var counts = new RoomCounts(sends, log);

        Assert.Equal((1000, 0, true), counts.Count(HandMade.Bob, 1203, 0));
        Assert.True(counts.MayBeJoined(HandMade.Bob, 1203, 0, (1003, 0, true)));
        Assert.False(counts.MayBeJoined(HandMade.Bob, 1203, 0, (1003, 1, true)));
        Assert.False(counts.MayBeJoined(HandMade.Bob, 1203, 0, (999, 0, true)));
        Assert.False(counts.MayBeJoined(HandMade.Bob, 1203, 0, (1202, 0, false)));
    }

    private static (int, int, bool) Loop(SendList sends, List<MessageLogEntry> log, int user, int seq, int read)
    {
        var (unread, mentions) = (0, 0);
        var deleted = Deleted(sends, log, seq);
        for (var at = Math.Max(read, seq - 1000) + 1; at <= seq; at++)
        {
            var send = sends[log[at - 1].Send];
            if (send.Kind is SendKind.Message && send.Writer != user && !deleted.Contains(log[at - 1].Send))
            {
                unread++;
                mentions += send.MentionsEveryone || send.Mentioned == user ? 1 : 0;
            }
        }

        return (unread, mentions, read < seq - 1000 && log.Skip(read).Take(seq - read).Any(entry => sends[entry.Send].Kind is SendKind.Message));
    }

    private static HashSet<int> Deleted(SendList sends, List<MessageLogEntry> log, int seq) =>
        [.. log.Take(seq).Select(entry => sends[entry.Send]).Where(send => send.Kind is SendKind.Deletion).Select(send => send.Target)];

    private static (SendList Sends, List<MessageLogEntry> Log) RandomLog(Random random, int events)
    {
        var (sends, log, messages) = (new SendList(), new List<MessageLogEntry>(), new List<int>());
        while (log.Count < events)
        {
            var send = new Send { Writer = random.Next(Users), Room = HandMade.Room };
            var dice = random.Next(10);
            if (dice < 2 && messages.Count > 0)
            {
                var at = messages.Count - 1 - random.Next(Math.Min(messages.Count, 50));
                (send.Kind, send.Target) = (dice == 0 ? SendKind.Deletion : SendKind.Edit, messages[at]);
                messages.RemoveAt(at);
            }
            else
            {
                send.Reply = dice < 5 ? random.Next(1, 20) : 0;
                send.Mentioned = dice is 5 or 6 ? random.Next(Users) : null;
                send.MentionsEveryone = dice is 6 or 7;
                send.Kind = dice == 9 && random.Next(5) == 0 ? SendKind.Join : SendKind.Message;
            }

            var number = sends.Add(send);
            log.Add(new(log.Count + 1, number));
            if (send.Kind is SendKind.Message)
            {
                messages.Add(number);
            }
        }

        return (sends, log);
    }
}
