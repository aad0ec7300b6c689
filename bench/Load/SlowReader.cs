using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>
/// A client that first reads far more slowly than its room publishes, and later reads at full speed. Its receive buffer
/// is small, so that the server notices the slow reading. The client records the delivered events and the gaps. At the
/// end it requests the events of the gaps as history.
/// </summary>
internal sealed class SlowReader(FrameSocket socket, string room) : IDisposable
{
    private const int ReceiveBytes = 4 * 1024;
    private const int PageEvents = 100;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);
    private readonly List<(long From, long To)> _gaps = [];

    /// <summary>The last sequence that was delivered or named by a gap.</summary>
    public long Last { get; private set; }

    /// <summary>The number of delivered events.</summary>
    public long Pushed { get; private set; }

    /// <summary>The number of events that gaps named.</summary>
    public long Named => _gaps.Sum(gap => gap.To - gap.From + 1);

    public int Gaps => _gaps.Count;

    public long BytesRead => socket.BytesRead;

    /// <summary>The first error, as text; null if there was none.</summary>
    public string? Fault { get; private set; }

    /// <summary>Connects and joins a room that has no messages yet.</summary>
    public static async Task<SlowReader> JoinAsync(int port, string room, CancellationToken cancellationToken)
    {
        var socket = await FrameSocket.ConnectAsync(port, "slow", ReceiveBytes, cancellationToken);
        await Conversation.JoinAsync(socket, room, cancellationToken);
        return new(socket, room);
    }

    /// <summary>Reads at most <paramref name="bytesPerSecond"/> until cancelled.</summary>
    public async Task CrawlAsync(int bytesPerSecond, CancellationToken cancellationToken)
    {
        var (started, before) = (Stopwatch.GetTimestamp(), BytesRead);
        try
        {
            while (true)
            {
                await Task.Delay(Turn, cancellationToken);
                var due = before + (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * bytesPerSecond);
                if (due > BytesRead)
                {
                    await socket.ReadAsync((int)(due - BytesRead), cancellationToken);
                    Take();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // From now on ReadToAsync reads at full speed.
        }
    }

    /// <summary>
    /// Reads at full speed until every event up to <paramref name="head"/> was delivered or named by a gap, or until an
    /// error.
    /// </summary>
    public async Task ReadToAsync(long head, CancellationToken cancellationToken)
    {
        while (Last < head && Fault is null)
        {
            await socket.ReadAsync(int.MaxValue, cancellationToken);
            Take();
        }
    }

    /// <summary>
    /// Requests the events of every gap as history, page by page, on the same connection. Sets <see cref="Fault"/> if
    /// the pages do not contain exactly the events that the gaps name. At the end a <c>ping</c> shows that the
    /// connection still works.
    /// </summary>
    public async Task FillGapsAsync(CancellationToken cancellationToken)
    {
        foreach (var (from, to) in _gaps)
        {
            for (var next = from; next <= to && Fault is null;)
            {
                var ask = string.Create(
                    CultureInfo.InvariantCulture,
                    $$"""{"t":"history","id":"{{next}}","room":"{{room}}","after":{{next - 1}},"limit":{{PageEvents}}}""");
                using var page = JsonDocument.Parse(await Conversation.AskAsync(socket, ask, "page", cancellationToken));
                next = Check(page.RootElement.GetProperty("events"), next, to);
            }
        }

        await Conversation.AskAsync(socket, """{"t":"ping"}""", "pong", cancellationToken);
    }

    private long Check(JsonElement events, long next, long to)
    {
        foreach (var happened in events.EnumerateArray())
        {
            var seq = happened.GetProperty("seq").GetInt64();
            var text = happened.GetProperty("text").GetString()!;
            if (seq != next || !text.StartsWith($"{seq} ", StringComparison.Ordinal))
            {
                Fault ??= $"history returned sequence {seq} instead of {next}";
            }

            if (next++ == to)
            {
                return next;
            }
        }

        if (events.GetArrayLength() == 0)
        {
            Fault ??= $"history has nothing after {next - 1}, but the gap goes up to {to}";
        }

        return next;
    }

    private void Take()
    {
        while (socket.TryTake(out var frame))
        {
            while (Line.TryTake(ref frame, out var line))
            {
                if (Line.Is(line, "ev"u8))
                {
                    var seq = Line.Number(line, "\"seq\":"u8);
                    if (seq != Last + 1 || !LoadText.TryRead(Line.Text(line), out var number, out _) || number != seq)
                    {
                        Fault ??= $"event {seq} was delivered instead of {Last + 1}";
                    }

                    (Last, Pushed) = (seq, Pushed + 1);
                }
                else if (Line.Is(line, "gap"u8))
                {
                    var (from, to) = (Line.Number(line, "\"from\":"u8), Line.Number(line, "\"to\":"u8));
                    if (from != Last + 1 || to < from)
                    {
                        Fault ??= $"a gap from {from} to {to} arrived, but the next sequence is {Last + 1}";
                    }

                    _gaps.Add((from, to));
                    Last = to;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
