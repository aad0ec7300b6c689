using System.Globalization;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// The list of conversations of a client: the client follows its channels, moves its read marks, and asks for the list,
/// alternately for the whole list and for the changes.
/// </summary>
internal abstract partial class Client
{
    // A gateway retries a command for up to 15 s. So if a command got no answer, it has no effect after this time.
    private static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan MarkFlush = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FinalPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FollowEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MarkEvery = TimeSpan.FromMilliseconds(300);
    private const int UsersOfWhomOneNeverReads = 4;
    private const int MaxMarkLag = 30;

    private readonly ConversationList _list;

    /// <summary>When the client may follow a channel or stop following it, by room.</summary>
    private readonly Dictionary<int, long> _followAt = [];

    /// <summary>The channels that the client follows.</summary>
    private IReadOnlyList<int> _channels = [];

    /// <summary>Follows the channels that the client is in, and other channels.</summary>
    /// <param name="others">The numbers of the other channels.</param>
    public async Task FollowChannelsAsync(IEnumerable<int> others, CancellationToken cancellationToken)
    {
        _channels = [.. Views.Where(view => !view.IsGroup).Select(view => view.Room).Union(others)];
        while (!await FollowAllAsync(cancellationToken))
        {
            await Task.Delay(FinalPause, Clock.Time, cancellationToken);
        }
    }

    /// <summary>
    /// Asks for the list until <paramref name="enough"/> is cancelled. Meanwhile moves read marks. Every 3 s, stops
    /// following one channel, and follows the others again. One user in four moves no read mark, so that its marks are far
    /// behind the heads.
    /// </summary>
    /// <param name="perSecond">Maximum number of lists per second.</param>
    public async Task AskListsAsync(int perSecond, CancellationToken enough)
    {
        var random = new Random(User);
        var (next, markAt, followAt) = (Clock.Now, Clock.Now, Clock.Now + Clock.Of(FollowEvery));
        try
        {
            for (var turn = 0; ; turn++)
            {
                next = Math.Max(next + (1_000_000 / perSecond), Clock.Now);
                await Task.Delay(TimeSpan.FromMicroseconds(next - Clock.Now), Clock.Time, enough);
                if (Clock.Now >= markAt && User % UsersOfWhomOneNeverReads != 0)
                {
                    markAt = Clock.Now + Clock.Of(MarkEvery);
                    var view = Views[random.Next(Views.Count)];
                    await MarkAsync(view, view.Newest - random.Next(MaxMarkLag));
                }

                if (Clock.Now >= followAt)
                {
                    followAt = Clock.Now + Clock.Of(FollowEvery);
                    await FollowAllAsync(enough);
                    if (_channels.Count > 0)
                    {
                        await FollowAsync(_channels[random.Next(_channels.Count)], false, enough);
                    }
                }

                await AskListAsync(changes: turn % 2 == 1, enough);
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
    }

    /// <summary>
    /// After the run: sends the read marks once more, because a crash may have lost the newest ones. Then applies the
    /// last changes, and asks for the whole list. Tries again until both lists have arrived, or the call is cancelled.
    /// </summary>
    public async Task AskFinalListAsync(CancellationToken cancellationToken)
    {
        while (!await FollowAllAsync(cancellationToken))
        {
            await Task.Delay(FinalPause, Clock.Time, cancellationToken);
        }

        foreach (var view in Views.Where(view => _list.MarkOf(view.Room) > 0))
        {
            await MarkAsync(view, _list.MarkOf(view.Room));
        }

        await Task.Delay(MarkFlush, Clock.Time, cancellationToken);
        while (!await AskListAsync(changes: _list.Cursor is not null, cancellationToken))
        {
            await Task.Delay(FinalPause, Clock.Time, cancellationToken);
        }

        while (true)
        {
            if (await RequestListAsync(changes: false, cancellationToken) is { } whole)
            {
                Recorder.Saw(new FinalList(User, _list.Rooms, whole.Rows, [.. _list.Rows]));
                return;
            }

            await Task.Delay(FinalPause, Clock.Time, cancellationToken);
        }
    }

    /// <summary>
    /// Follows the channels that the client does not follow. Skips a channel while an earlier command, which got no
    /// answer, may still have an effect. Returns whether the client follows all of them now.
    /// </summary>
    private async Task<bool> FollowAllAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_channels.Where(channel => _list.IsListed(channel) != true).Select(channel => FollowAsync(channel, true, cancellationToken)));
        return _channels.All(channel => _list.IsListed(channel) == true);
    }

    private async Task FollowAsync(int channel, bool isFollowed, CancellationToken cancellationToken)
    {
        if (Clock.Now < _followAt.GetValueOrDefault(channel) || _socket is null)
        {
            return;
        }

        _list.Expect(channel, null);
        _followAt[channel] = Clock.Now + Clock.Of(ListPatience);
        var fields = $"\"room\":{Quoted(Recorder.Rooms[channel])},\"followed\":{(isFollowed ? "true" : "false")}";
        if (await AskAsync("conversation", fields, ListPatience, cancellationToken) is { Type: "ok" })
        {
            _list.Expect(channel, isFollowed);
            _followAt[channel] = 0;
        }
    }

    private async Task MarkAsync(RoomView view, int read)
    {
        if (read > 0 && view.EnteredAt > 0 && _socket is { } socket)
        {
            _list.Marked(view.Room, read);
            await socket.SayAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"t":"mark","room":{{Quoted(view.Name)}},"read":{{read}}}"""));
        }
    }

    /// <summary>
    /// Asks for the list, and compares the answer with what the user knows. Returns false if no list arrived.
    /// </summary>
    private async Task<bool> AskListAsync(bool changes, CancellationToken cancellationToken)
    {
        changes &= _list.Cursor is not null;
        if (await RequestListAsync(changes, cancellationToken) is not { } list)
        {
            return false;
        }

        if ((changes ? _list.Apply(list) : _list.Take(list)) is { } fault)
        {
            Recorder.Saw(new ListFault(User, fault.Promise, fault.What, Clock.Now));
        }

        return true;
    }

    private async Task<ListSeen?> RequestListAsync(bool changes, CancellationToken cancellationToken)
    {
        foreach (var view in Views)
        {
            _list.Received(view.Room, view.Newest);
            if (view.IsGroup && view.Epoch is not null)
            {
                _list.Expect(view.Room, true); // The user has joined the group, so it is a member.
            }
        }

        var fields = changes ? $"\"since\":{Quoted(_list.Cursor!)}" : "\"limit\":100";
        if (await AskAsync("conversations", fields, ListPatience, cancellationToken) is not { Type: "conversations", List: { } list })
        {
            return null;
        }

        Recorder.Figures.Listed();
        foreach (var row in list.Rows)
        {
            Recorder.Saw(changes && !list.Reset ? row with { Source = CountsSource.Changes } : row);
        }

        return list;
    }
}
