using System.Globalization;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// A client that sends up to three messages at a time to each of its rooms. It sends the next messages to a room when
/// all earlier ones have their final answers. Until a message has its final answer, the writer sends the message again
/// with the same id, on the current connection. Some sends edit or delete an earlier message of the writer. Sometimes the
/// writer reads one of its own messages through <c>history</c>.
/// </summary>
internal sealed class Writer(
    int user, IReadOnlyList<int> rooms, int firstGateway, Gateways gateways, Recorder recorder, Pacer pacer, bool quiet, int seed)
    : Client(user, rooms, firstGateway, gateways, recorder, seed)
{
    private const int MaxTogether = 3;
    private const int ReadBackOneIn = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UsualRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(5);

    private long _ackedAt;

    /// <summary>
    /// Sends until <paramref name="enough"/> is cancelled, and then retries the unanswered sends until
    /// <paramref name="end"/> is cancelled. Completes when every send has its final answer.
    /// </summary>
    public async Task SpeakAsync(CancellationToken enough, CancellationToken end)
    {
        _ackedAt = Clock.Now;
        await Task.WhenAll(Views.Select(view => SpeakAsync(view, new Random(Random.Next()), enough, end)));
    }

    private async Task SpeakAsync(RoomView view, Random random, CancellationToken enough, CancellationToken end)
    {
        var choice = new SendChoice(User, view, Recorder, random);
        try
        {
            while (!enough.IsCancellationRequested)
            {
                var together = quiet ? 1 : random.Next(1, MaxTogether + 1);
                await (quiet ? Task.Delay(TimeSpan.FromSeconds(7 + (2 * random.NextDouble())), Clock.Time, enough) : pacer.TakeAsync(together, enough));
                foreach (var send in await SayTogetherAsync(view, choice, together, random.Next(2) == 0, enough, end))
                {
                    await RepeatAsync(view, send, end);
                }
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
    }

    /// <summary>
    /// Sends several messages without waiting in between, and then waits for their answers. Returns the sends that have
    /// to be retried.
    /// </summary>
    /// <param name="together">The number of messages.</param>
    /// <param name="oneFrame">Whether to send all messages in one WebSocket frame.</param>
    private async Task<List<int>> SayTogetherAsync(RoomView view, SendChoice choice, int together, bool oneFrame, CancellationToken enough, CancellationToken end)
    {
        var socket = await view.Entered.WaitAsync(enough);
        var sends = new int[together];
        var answers = new Task<Answer?>[together];
        var lines = new string[together];
        for (var at = 0; at < together; at++)
        {
            sends[at] = Recorder.Events.Add(choice.Next() with { Connection = socket.Number, Attempts = 1, InvokedAt = Clock.Now });
            answers[at] = Expect(IdOf(sends[at]));
            lines[at] = Recorder.Events.CommandOf(sends[at], Recorder.NameOf);
        }

        if (oneFrame)
        {
            await socket.SayAsync(string.Join('\n', lines));
        }
        else
        {
            foreach (var line in lines)
            {
                await socket.SayAsync(line);
            }
        }

        var open = new List<int>();
        for (var at = 0; at < together; at++)
        {
            if (IsOpen(sends[at], await AnsweredAsync(IdOf(sends[at]), answers[at], Patience, end)))
            {
                open.Add(sends[at]);
            }

            choice.Finished(sends[at]);
        }

        if (sends[^1] % ReadBackOneIn == 0 && Recorder.Sends[sends[^1]].Outcome is Outcome.Acked)
        {
            await ReadBackAsync(view, sends[^1], end);
        }

        return open;
    }

    private async Task RepeatAsync(RoomView view, int send, CancellationToken end)
    {
        for (Answer? answer = null; ;)
        {
            var retry = answer?.Retry is { } ms ? TimeSpan.FromMilliseconds(ms) : UsualRetry;
            await Task.Delay(retry < MaxRetry ? retry : MaxRetry, Clock.Time, end);
            var socket = await view.Entered.WaitAsync(end);
            Recorder.Sends[send].Attempts++;
            var expected = Expect(IdOf(send));
            await socket.SayAsync(Recorder.Events.CommandOf(send, Recorder.NameOf));
            answer = await AnsweredAsync(IdOf(send), expected, Patience, end);
            if (!IsOpen(send, answer))
            {
                return;
            }
        }
    }

    private bool IsOpen(int send, Answer? answer)
    {
        switch (answer)
        {
            case { Type: "ok" }:
                var now = Clock.Now;
                if (!quiet)
                {
                    Recorder.Figures.WriterWasSilent(now - Interlocked.Exchange(ref _ackedAt, now));
                }

                return false;
            case { Type: "err", CanBeRepeated: false }:
                Recorder.Refused(send, answer, over: answer.Code is not "not_member");
                return answer.Code is "not_member";
            default:
                return true;
        }
    }

    private async Task ReadBackAsync(RoomView view, int send, CancellationToken end)
    {
        var (asked, seq) = (Clock.Now, Recorder.Sends[send].Seq);
        var page = await AskAsync("history", string.Create(CultureInfo.InvariantCulture, $"\"room\":{Quoted(view.Name)},\"after\":{seq - 1},\"limit\":3"), ReadPatience, end);
        if (page is { Type: "page" })
        {
            Recorder.Figures.Read();
            Recorder.Saw(new PageSeen(User, view.Room, asked, AtLeast: 0, Own: send, page.Events));
        }
    }

    private static string IdOf(int send) => send.ToString(CultureInfo.InvariantCulture);
}
