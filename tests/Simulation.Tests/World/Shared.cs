using System.Diagnostics.Metrics;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Simulation.Tests.World;

/// <summary>The instruments that all worlds share. No test reads them.</summary>
internal sealed class Shared
{
    private readonly Unread _meters = new();

    public Shared() => (Grains, Log, Fanout, Sessions) = (new(_meters), new(_meters), new(_meters), new(_meters));

    public GrainInstruments Grains { get; }

    public MessageLogInstruments Log { get; }

    public FanoutInstruments Fanout { get; }

    public SessionInstruments Sessions { get; }

    private sealed class Unread : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
