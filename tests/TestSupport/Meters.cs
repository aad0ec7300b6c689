using System.Diagnostics.Metrics;

namespace OrleansChat.TestSupport;

/// <summary>Meters without a listener.</summary>
public sealed class Meters : IMeterFactory
{
    /// <inheritdoc/>
    public Meter Create(MeterOptions options) => new(options);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
