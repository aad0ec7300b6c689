using System.Diagnostics.Metrics;

namespace OrleansChat.TestSupport;

/// <summary>A factory for meters that nothing listens to.</summary>
public sealed class Meters : IMeterFactory
{
    /// <inheritdoc/>
    public Meter Create(MeterOptions options) => new(options);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
