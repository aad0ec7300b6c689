using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OrleansChat.TestSupport;

/// <summary>
/// A meter factory that adds up the measurements of each counter and histogram. Instruments with the same name share
/// one sum.
/// </summary>
public sealed class RecordingMeters : IMeterFactory
{
    private readonly ConcurrentDictionary<string, double> _sums = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentBag<Meter> _meters = [];

    public RecordingMeters()
    {
        _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument, value));
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument, value));
        _listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => Add(instrument, value));
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Record only this factory's meters: other tests have meters with the same name.
            if (instrument.Meter.Scope == this)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.Start();
    }

    /// <summary>The sum of all measurements of the instruments with this name, or 0 if there are none.</summary>
    public double this[string instrument] => _sums.GetValueOrDefault(instrument);

    /// <inheritdoc/>
    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener.Dispose();
        foreach (var meter in _meters)
        {
            meter.Dispose();
        }
    }

    private void Add(Instrument instrument, double value) => _sums.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value);
}
