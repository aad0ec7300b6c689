using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// Questions: the commands <c>history</c>, <c>who</c>, <c>conversations</c>, <c>conversation</c>, <c>members</c> and
/// <c>readers</c>, and the commands about blocks and reports. A session runs one question at a time, while it handles
/// other commands.
/// </summary>
internal sealed partial class Session
{
    /// <summary>
    /// For each full 16 KiB of a page of history, the user's budget is charged one command, in addition to the command
    /// that requested the page.
    /// </summary>
    private const int BytesPerCommand = 16 * 1024;

    /// <summary>
    /// For each full 200 rows that the message log has counted for an answer, the user's budget is charged one command.
    /// The rows are the counted replies of a page of history, and the events that the log may have read for the unread
    /// counts of a page of conversations.
    /// </summary>
    private const int CountedPerCommand = 200;

    /// <summary>For the unread counts, the message log reads only the newest 1,000 events of a room.</summary>
    private const int MaxCountedEvents = 1000;

    /// <summary>
    /// Maximum bytes of a page of conversations. The silo puts at most 48 KiB of conversations into a page. The other
    /// 4 KiB are for the rest of the frame.
    /// </summary>
    private const int ConversationsBytes = 52 * 1024;

    /// <summary>
    /// Maximum bytes of a page of members. One member has at most 640 bytes: a user id of up to 128 characters of four
    /// bytes, and the other fields.
    /// </summary>
    private const int MembersBytes = Bounds.MembersPerPage * 640;

    /// <summary>
    /// Maximum bytes of a list of the readers of a message. One user id has at most 128 characters of four bytes.
    /// </summary>
    private const int ReadersBytes = Bounds.ReadersPerMessage * 520;

    /// <summary>
    /// Number of commands that a page of conversations, members, readers or reports costs, in addition to the command
    /// itself. The reason: for each page, the message log reads all rooms of the user, or all members or reports of the
    /// room.
    /// </summary>
    private const int CommandsPerList = 10;

    /// <summary>
    /// Number of commands that a change of personal settings, blocks or reports costs, in addition to the command
    /// itself. Each change is a commit of its own. The command <c>blocks</c> costs the same, although it only reads.
    /// </summary>
    private const int CommandsPerSetting = 4;

    /// <summary>
    /// True once the client has asked for its list of conversations. Before that, the client is not notified of changed
    /// settings.
    /// </summary>
    private volatile bool _hasList;

    private async Task PageAsync(History history)
    {
        var room = RoomNames.ToKey(history.Room, user);

        if (history.Thread is not null || history.Pinned || history.Changes)
        {
            await SelectAsync(history, room);
            return;
        }

        // Sequences have no gaps, so every kind of page can be expressed as a sequence to start after and a number of
        // events. The third value is PageAsk.Whole: it says which events stay if not all fit.
        var (after, limit, whole) = history switch
        {
            { After: { } seq } => (seq, history.Limit, 0),
            { Before: { } seq } => (Math.Max(0, seq - 1 - history.Limit), (int)Math.Min(history.Limit, Math.Max(0, seq - 1)), long.MaxValue),
            { Around: { } seq } => (Math.Max(0, seq - 1 - (history.Limit / 2)), history.Limit, seq),
            _ => (-(long)history.Limit, history.Limit, long.MaxValue),
        };
        var page = limit == 0 ? new([], 0, null) : await services.History.PageAsync(new(room, user, after, limit, whole, ClaimedIn(room)), connection.Gone);
        if (history.After is null && page is { Refusal: null, Events.Length: 0, Head: > 0 })
        {
            // If before or around names a sequence beyond the head, the answer is the newest page.
            page = await services.History.PageAsync(new(room, user, -limit, limit, long.MaxValue, ClaimedIn(room)), connection.Gone);
        }

        Answer(history, page);
    }

    private async Task SelectAsync(History history, string room)
    {
        var whole = history.After is null ? history.Before ?? long.MaxValue : 0;
        var of = history.Pinned ? PageOf.Pins : history.Changes ? PageOf.Changes : PageOf.All;
        Answer(
            history,
            await services.History.PageAsync(
                new(room, user, history.After ?? 0, history.Limit, whole, ClaimedIn(room), history.Thread, of), connection.Gone));
    }

    private void Answer(History history, HistoryPage page)
    {
        services.Users.Charge(user, BudgetKind.Commands, page.Events.Sum(EventBytes.Count) / BytesPerCommand);
        services.Users.Charge(user, BudgetKind.Commands, page.Events.Sum(happened => happened.Replies) / CountedPerCommand);
        Answer(FrameMapping.Answer(history, page, user), GetFormat(history.Room));
    }

    private async Task ListAsync(Conversations list)
    {
        // Set the flag before the read. Otherwise the client would not be notified of a change during the read.
        _hasList = true;
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerList);
        var page = await services.History.ConversationsAsync(
            new(user, list.Before, list.Room is { } room ? RoomNames.ToKey(room, user) : "", list.Limit, list.Since), connection.Gone);
        services.Users.Charge(user, BudgetKind.Commands, (page?.Conversations.Sum(CountedEvents) ?? 0) / CountedPerCommand);
        Answer(page is null
            ? FrameMapping.Error(list.Id, Refusal.Unavailable)
            : FrameMapping.Answer(list, page, key => RoomNames.ToName(key, user), services.Time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    /// <summary>
    /// Returns the maximum number of events that the log may have read for the unread counts of a conversation.
    /// </summary>
    private static int CountedEvents(Conversation conversation) =>
        (int)Math.Clamp(conversation.Seq - conversation.Read, 0, MaxCountedEvents);

    private async Task SetAsync(SetConversation set)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerSetting);
        var room = RoomNames.ToKey(set.Room, user);
        var reply = await services.History.SetConversationAsync(FrameMapping.Set(set, room, user) with { Claimed = ClaimedIn(room) }, connection.Gone);
        Answer(reply is null ? FrameMapping.Error(set.Id, Refusal.Unavailable) : FrameMapping.Answer(set, reply));
        if (reply is { Refusal: null, TooMany: null })
        {
            services.Users.ConversationChanged(this, room);
        }
    }

    /// <summary>
    /// Notifies the client that the settings of a conversation have changed. Does nothing if this session changed them,
    /// if the client has not asked for its list, or if the client does not read its answers.
    /// </summary>
    public void OnConversationChanged(string room, string by)
    {
        if (by != id && _hasList && connection.SendQueue.HasFewAnswers)
        {
            var name = RoomNames.ToName(room, user);
            Answer(FrameMapping.ConversationChanged(name), GetFormat(name));
        }
    }

    private async Task MembersAsync(Members members)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerList);
        var room = RoomNames.ToKey(members.Room, user);
        var page = await services.History.MembersAsync(new(room, user, members.After ?? "", members.Limit, ClaimedIn(room)), connection.Gone);
        Answer(FrameMapping.Answer(members, page, services.Time.GetUtcNow().ToUnixTimeMilliseconds()), GetFormat(members.Room));
    }

    private async Task ReadersAsync(Readers readers)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerList);
        var room = RoomNames.ToKey(readers.Room, user);
        var page = await services.History.ReadersAsync(new(room, user, readers.Ref, ClaimedIn(room)), connection.Gone);
        Answer(FrameMapping.Answer(readers, page), GetFormat(readers.Room));
    }

    private async Task WhoAsync(Who who)
    {
        var room = RoomNames.ToKey(who.Room, user);
        Answer(FrameMapping.Answer(who, await services.Rooms.WhoAsync(room, user, services.Options.WhoNames, ClaimedIn(room))), GetFormat(who.Room));
    }

    /// <summary>
    /// Waits until the previous question is answered and the send queue has space for the next answer, and then starts
    /// a question. So the memory of a connection's waiting answers is bounded. While the question runs, the session
    /// handles other commands.
    /// </summary>
    /// <param name="bytes">Maximum bytes of the answer.</param>
    private async ValueTask AskAsync(string? commandId, int bytes, Func<Task> question)
    {
        await _question;
        await connection.SendQueue.AnswersFitAsync(bytes, connection.Gone);
        _question = AnswerAsync(commandId, question);
    }

    /// <summary>Runs a question. If it fails, the client gets an error.</summary>
    private async Task AnswerAsync(string? commandId, Func<Task> question)
    {
        try
        {
            await question();
        }
        catch (Exception)
        {
            Answer(new Err(commandId, ChatErrorCode.Unavailable, "the cluster cannot be reached at the moment", 1000));
        }
    }
}
