using System.Diagnostics.Metrics;

namespace OrleansChat.Micro;

/// <summary>Creates meters without a listener.</summary>
internal sealed class Meters : IMeterFactory
{
    public Meter Create(MeterOptions options) => new(options);

    public void Dispose()
    {
        // The meters have no resources to free.
    }
}
