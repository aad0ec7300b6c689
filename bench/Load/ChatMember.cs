using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace OrleansChat.Load;

/// <summary>
/// A member of one room. It uses JSON mode and the framework's own WebSocket client. Each message's text contains the
/// timestamp at which it was sent.
/// </summary>
internal sealed class ChatMember(Uri address, string room) : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly ArrayBufferWriter<byte> _frame = new(16 * 1024);
    private readonly List<double> _latencies = [];
    private readonly List<double> _answers = [];
    private readonly ConcurrentDictionary<string, long> _sent = new();
    private long _last;

    /// <summary>
    /// The number of received events whose sequence was not one more than the sequence of the event before. Each such
    /// event shows that an event was lost, doubled or out of order.
    /// </summary>
    public int Faults { get; private set; }

    /// <summary>
    /// For each received message that was sent at or after <see cref="MeasureFrom"/>: the milliseconds from send to
    /// receipt.
    /// </summary>
    public IReadOnlyList<double> Latencies => _latencies;

    /// <summary>
    /// For each message that this member sent at or after <see cref="MeasureFrom"/>: the milliseconds from send to
    /// <c>ok</c>.
    /// </summary>
    public IReadOnlyList<double> Answers => _answers;

    /// <summary>Messages that were sent before this timestamp are not measured.</summary>
    public long MeasureFrom { get; set; } = long.MaxValue;

    public int Received { get; private set; }

    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        _socket.Options.AddSubProtocol("orleanschat.v1.json");
        await _socket.ConnectAsync(address, cancellationToken);
        await SendAsync("""{"t":"hello","id":"h"}""", cancellationToken);
        await SendAsync($$"""{"t":"join","id":"j","room":"{{room}}"}""", cancellationToken);
        while (!(await ReceiveAsync(cancellationToken)).Contains("\"t\":\"joined\"", StringComparison.Ordinal))
        {
        }
    }

    public Task SendAsync(int number, string padding, CancellationToken cancellationToken)
    {
        var now = Stopwatch.GetTimestamp();
        _sent[$"{number}"] = now;
        return SendAsync($$"""{"t":"send","id":"{{number}}","room":"{{room}}","text":"{{now}} {{padding}}"}""", cancellationToken);
    }

    /// <summary>
    /// Sends a command and waits for the next frame of type <paramref name="answer"/>. Returns the milliseconds until
    /// this frame arrived.
    /// </summary>
    public async Task<double> AskAsync(string command, string answer, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        await SendAsync(command, cancellationToken);
        while (!(await ReceiveAsync(cancellationToken)).StartsWith($$"""{"t":"{{answer}}",""", StringComparison.Ordinal))
        {
        }

        return Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
    }

    /// <summary>
    /// Receives frames until the number of received events reaches the number that <paramref name="events"/> returns.
    /// Calls <paramref name="events"/> again after each frame.
    /// </summary>
    public async Task ReceiveAllAsync(Func<int> events, CancellationToken cancellationToken)
    {
        while (Received < events())
        {
            foreach (var line in (await ReceiveAsync(cancellationToken)).Split('\n'))
            {
                if (line.StartsWith("""{"t":"ev",""", StringComparison.Ordinal))
                {
                    Note(line, Stopwatch.GetTimestamp());
                }
                else if (line.StartsWith("""{"t":"ok",""", StringComparison.Ordinal))
                {
                    NoteAnswer(line, Stopwatch.GetTimestamp());
                }
            }
        }
    }

    private void Note(string line, long now)
    {
        using var happened = JsonDocument.Parse(line);
        var seq = happened.RootElement.GetProperty("seq").GetInt64();
        if (_last != 0 && seq != _last + 1)
        {
            Faults++;
        }

        _last = seq;
        Received++;
        var text = happened.RootElement.GetProperty("text").GetString()!;
        var sent = long.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        if (sent >= MeasureFrom)
        {
            _latencies.Add(Stopwatch.GetElapsedTime(sent, now).TotalMilliseconds);
        }
    }

    private void NoteAnswer(string line, long now)
    {
        using var answer = JsonDocument.Parse(line);
        if (_sent.TryRemove(answer.RootElement.GetProperty("id").GetString()!, out var sent) && sent >= MeasureFrom)
        {
            _answers.Add(Stopwatch.GetElapsedTime(sent, now).TotalMilliseconds);
        }
    }

    private Task SendAsync(string text, CancellationToken cancellationToken) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, cancellationToken);

    private async Task<string> ReceiveAsync(CancellationToken cancellationToken)
    {
        _frame.ResetWrittenCount();
        while (true)
        {
            var part = await _socket.ReceiveAsync(_frame.GetMemory(4096), cancellationToken);
            _frame.Advance(part.Count);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                throw new InvalidOperationException($"The server closed the connection: {_socket.CloseStatus} {_socket.CloseStatusDescription}");
            }

            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(_frame.WrittenSpan);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
