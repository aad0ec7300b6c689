using System.Globalization;
using OrleansChat.ChatCheck.Clients;
using OrleansChat.ChatCheck.Faults;
using OrleansChat.ChatCheck.Histories;

namespace OrleansChat.ChatCheck.Reporting;

/// <summary>Prints the progress of a run: a line every 5 s, and a line for each fault.</summary>
internal sealed class Progress(Recorder recorder, TextWriter output)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();

    /// <summary>Prints a line that begins with the time since the start of the run.</summary>
    public void Say(string line)
    {
        lock (_lock)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{recorder.Clock.Now / 1e6,7:0.0} s  {line}"));
        }
    }

    /// <summary>Prints the counts of the run every 5 s, until <paramref name="enough"/> is cancelled.</summary>
    public async Task ShowAsync(Nemesis nemesis, CancellationToken enough)
    {
        var figures = recorder.Figures;
        var (at, before) = (recorder.Clock.Now, figures.Acked);
        try
        {
            while (true)
            {
                await Task.Delay(Every, recorder.Clock.Time, enough);
                var (now, acked) = (recorder.Clock.Now, figures.Acked);
                Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{recorder.Sends.Count:#,0} sent, {acked:#,0} acked ({(acked - before) * 1e6 / (now - at):#,0}/s), {figures.Retried:#,0} of them after a retry; {nemesis.Kills} kills; "
                    + $"longest time without an ok at a writer {History.At(figures.WriterSilence)}, without an event at a reader {History.At(figures.ReaderSilence)}"));
                (at, before) = (now, acked);
            }
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested)
        {
        }
    }
}
