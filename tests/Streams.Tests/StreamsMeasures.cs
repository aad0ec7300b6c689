using System.Diagnostics.Metrics;

namespace OrleansChat.Streams.Tests;

/// <summary>The sum and the number of measurements of each instrument of one provider, on all silos.</summary>
internal sealed class StreamsMeasures : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _sums = [];
    private readonly Dictionary<string, int> _counts = [];
    private readonly MeterListener _listener = new();

    public StreamsMeasures(string provider)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == StreamsInstruments.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(provider, instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(provider, instrument.Name, value, tags));
        _listener.Start();
    }

    public long Sum(string instrument)
    {
        lock (_lock)
        {
            return _sums.GetValueOrDefault(instrument);
        }
    }

    public int Count(string instrument)
    {
        lock (_lock)
        {
            return _counts.GetValueOrDefault(instrument);
        }
    }

    public void ReadGauges() => _listener.RecordObservableInstruments();

    public void Dispose() => _listener.Dispose();

    private void Add(string provider, string name, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var mine = false;
        foreach (var (tag, tagged) in tags)
        {
            mine |= tag == "provider" && Equals(tagged, provider);
            if (tag == "reason")
            {
                name += $":{tagged}";
            }
        }

        if (!mine)
        {
            return;
        }

        lock (_lock)
        {
            _sums[name] = _sums.GetValueOrDefault(name) + value;
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
        }
    }
}
