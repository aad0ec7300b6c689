using System.Globalization;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// Reads the whole logs of rooms through pages of <c>history</c>, after the load. This client joins no room.
/// </summary>
/// <param name="user">A user of the run. To read a group, the user must be a member.</param>
internal sealed class LogReader(int user, int firstGateway, Gateways gateways, Recorder recorder, int seed)
    : Client(user, [], firstGateway, gateways, recorder, seed)
{
    private const int PageEvents = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    protected override bool IsOnlyClient => false;

    /// <summary>
    /// Reads a room's whole log, page by page. Requests each page again until the gateway answers or the call is
    /// cancelled.
    /// </summary>
    public async Task<IReadOnlyList<MessageLogEntry>> ReadAsync(string room, CancellationToken cancellationToken)
    {
        var log = new List<MessageLogEntry>();
        while (true)
        {
            var after = log.Count == 0 ? 0 : log[^1].Seq;
            var page = await AskAsync(
                "history", string.Create(CultureInfo.InvariantCulture, $"\"room\":{Quoted(room)},\"after\":{after},\"limit\":{PageEvents}"), Patience, cancellationToken);
            if (page is not { Type: "page" })
            {
                await Task.Delay(Pause, Clock.Time, cancellationToken);
                continue;
            }

            log.AddRange(page.Events);
            if (!page.More || page.Events.Count == 0)
            {
                return log;
            }
        }
    }
}
