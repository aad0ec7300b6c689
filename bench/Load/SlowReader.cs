using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>
/// One that reads far slower than its room writes, and later at full speed. Its receive buffer is small, so that it is slow for the server
/// and not only for itself. It notes what was pushed and each gap that was named, and asks history for those in the end.
/// </summary>
internal sealed class SlowReader(FrameSocket socket, string room) : IDisposable
{
    private const int ReceiveBytes = 4 * 1024;
    private const int PageEvents = 100;
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(100);
    private readonly List<(long From, long To)> _gaps = [];

    /// <summary>The last sequence that was pushed or named by a gap.</summary>
    public long Last { get; private set; }

    /// <summary>Events that were pushed.</summary>
    public long Pushed { get; private set; }

    /// <summary>Events that gaps named.</summary>
    public long Named => _gaps.Sum(gap => gap.To - gap.From + 1);

    /// <summary>How many gaps there were.</summary>
    public int Gaps => _gaps.Count;

    /// <summary>Bytes that it has read.</summary>
    public long BytesRead => socket.BytesRead;

    /// <summary>What was wrong, in words; the first thing counts.</summary>
    public string? Fault { get; private set; }

    /// <summary>Connects and joins a room that is empty.</summary>
    public static async Task<SlowReader> JoinAsync(int port, string room, CancellationToken cancellationToken)
    {
        var socket = await FrameSocket.ConnectAsync(port, "slow", ReceiveBytes, cancellationToken);
        await Conversation.JoinAsync(socket, room, cancellationToken);
        return new(socket, room);
    }

    /// <summary>Reads so many bytes a second until cancelled.</summary>
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
            // Now it reads as the others do.
        }
    }

    /// <summary>Reads at full speed until it has been told of everything up to <paramref name="head"/>.</summary>
    public async Task ReadToAsync(long head, CancellationToken cancellationToken)
    {
        while (Last < head && Fault is null)
        {
            await socket.ReadAsync(int.MaxValue, cancellationToken);
            Take();
        }
    }

    /// <summary>
    /// On the same connection: a page after another over every gap, which have to hold exactly what was named. Ends with a <c>ping</c>, so
    /// that the connection is known to live and nothing more was pushed.
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
                Fault ??= $"history told {seq} where {next} comes next";
            }

            if (next++ == to)
            {
                return next;
            }
        }

        if (events.GetArrayLength() == 0)
        {
            Fault ??= $"history has nothing after {next - 1}, up to {to} was named";
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
                        Fault ??= $"{seq} was pushed where {Last + 1} comes next";
                    }

                    (Last, Pushed) = (seq, Pushed + 1);
                }
                else if (Line.Is(line, "gap"u8))
                {
                    var (from, to) = (Line.Number(line, "\"from\":"u8), Line.Number(line, "\"to\":"u8));
                    if (from != Last + 1 || to < from)
                    {
                        Fault ??= $"a gap from {from} to {to} was named where {Last + 1} comes next";
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
