using System.Diagnostics.Metrics;

namespace OrleansChat.Gateway.Tests;

/// <summary>Meters without a listener.</summary>
internal sealed class Meters : IMeterFactory
{
    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
    }
}
