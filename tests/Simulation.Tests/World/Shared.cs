using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Sessions;
using OrleansChat.Grains;
using OrleansChat.Grains.MessageLog;
using OrleansChat.TestSupport;

namespace OrleansChat.Simulation.Tests.World;

/// <summary>The instruments (metrics) that all simulations share. No test reads them.</summary>
internal sealed class Shared
{
    private readonly Meters _meters = new();

    public Shared() => (Grains, Log, Fanout, Sessions) = (new(_meters), new(_meters), new(_meters), new(_meters));

    public GrainInstruments Grains { get; }

    public MessageLogInstruments Log { get; }

    public FanoutInstruments Fanout { get; }

    public SessionInstruments Sessions { get; }
}
