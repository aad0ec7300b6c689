using System.Globalization;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>A client that receives events, requests pages of history, and asks who is in its rooms.</summary>
internal sealed class Reader(int user, IReadOnlyList<int> rooms, int firstGateway, Gateways gateways, Recorder recorder, int seed)
    : Client(user, rooms, firstGateway, gateways, recorder, seed)
{
    private const int PageEvents = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private long _cameAt;

    /// <summary>Sends about one request per second, until <paramref name="enough"/> is cancelled.</summary>
    /// <param name="presence">True to send <c>who</c> in half of the requests, and <c>history</c> in the others; false
    /// to send only <c>history</c>.</param>
    public async Task AskAsync(bool presence, CancellationToken enough)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Random.Next(700, 1300), enough);
                var view = Views[Random.Next(Views.Count)];
                await (presence && Random.Next(2) == 0 ? AskWhoAsync(view, enough) : AskHistoryAsync(view, enough));
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
    }

    /// <summary>Asks who is in a room and records the answer. Returns false if no answer arrived.</summary>
    public async Task<bool> AskWhoAsync(RoomView view, CancellationToken cancellationToken)
    {
        var (asked, gateway) = (Clock.Now, Gateway);
        if (await AskAsync("who", $"\"room\":{Quoted(view.Name)}", Patience, cancellationToken) is not { Type: "who", Users: { } users })
        {
            return false;
        }

        Recorder.Figures.Read();
        Recorder.SawWho(User, view.Room, gateway, asked, users);
        return true;
    }

    private async Task AskHistoryAsync(RoomView view, CancellationToken cancellationToken)
    {
        var (asked, known) = (Clock.Now, view.Newest);
        var (where, newest) = Random.Next(3) switch
        {
            0 when known > 0 => (string.Create(CultureInfo.InvariantCulture, $",\"around\":{Random.Next(1, known + 1)}"), false),
            1 when known > 0 => (string.Create(CultureInfo.InvariantCulture, $",\"before\":{Random.Next(1, known + 1)}"), false),
            _ => ("", true),
        };
        var page = await AskAsync("history", string.Create(CultureInfo.InvariantCulture, $"\"room\":{Quoted(view.Name)},\"limit\":{PageEvents}{where}"), Patience, cancellationToken);
        if (page is { Type: "page" })
        {
            Recorder.Figures.Read();
            Recorder.Saw(new Histories.PageSeen(User, view.Room, asked, newest ? known : 0, Own: null, page.Events));
        }
    }

    /// <inheritdoc/>
    protected override void Came(long now)
    {
        if (_cameAt > 0)
        {
            Recorder.Figures.ReaderWasSilent(now - _cameAt);
        }

        _cameAt = now;
    }
}
