using OrleansChat.Grains.Gateways;
using OrleansChat.Grains.Interfaces;
using OrleansChat.TestSupport;

namespace OrleansChat.Grains.Tests.Gateways;

/// <summary>
/// How the raiser reads the version of the log, and raises it when the gate allows it. The tests use a manual clock.
/// </summary>
public sealed class VersionRaiserTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly KeptLog _lines = new();
    private readonly VersionedLog _log = new(LogVersion.First);
    private readonly VersionGate _gate;
    private readonly VersionRaiser _raiser;
    private ProcessVersions _processes = Processes(LogVersion.Known);

    public VersionRaiserTests()
    {
        _gate = new(_time);
        _raiser = new(_gate, _log, _time, _lines);
    }

    public void Dispose() => _lines.Dispose();

    [Fact]
    public async Task Step_WhenAllKnowTheVersion_RaisesItOnceAndStops()
    {
        await StepForOneLeaseAsync();
        await StepAsync();
        var reads = _log.Reads;
        await StepAsync();

        Assert.Equal([LogVersion.Known], _log.Raises);
        Assert.Equal(reads, _log.Reads);
        Assert.Equal([$"Information: Every process of the cluster knows log version {LogVersion.Known}: it is in use from now on"], Texts());
    }

    [Fact]
    public async Task Step_WhenTheLogIsAway_RetriesAndLogsOncePerOutage()
    {
        _log.Away = true;
        await StepAsync();
        await StepAsync();
        Assert.Equal(["Warning: Reading or raising the version of the message log failed; trying again every second"], Texts());

        _log.Away = false;
        await StepAsync();
        Assert.Equal("Information: The version of the message log can be read again, after 2 failed attempts", Texts()[^1]);

        _log.Away = true;
        await StepForOneLeaseAsync();
        await StepAsync();
        Assert.Equal(2, Texts().Count(text => text.StartsWith("Warning", StringComparison.Ordinal)));

        _log.Away = false;
        await StepAsync();
        Assert.Equal([LogVersion.Known, LogVersion.Known], _log.Raises);
        Assert.Equal(VersionGateState.Open, _gate.State);
    }

    [Fact]
    public async Task Step_WhenTheAnswerOfTheRaiseIsLost_ReadsTheOutcome()
    {
        _log.LosesAnswers = true;
        await StepForOneLeaseAsync();
        Assert.Equal(VersionGateState.Unread, _gate.State);

        await StepAsync();

        Assert.Equal(VersionGateState.Open, _gate.State);
        Assert.Single(_log.Raises);
    }

    [Fact]
    public async Task Step_WhenTheLogDoesNotAnswer_EndsAfterTheTimeout()
    {
        _log.Held = new();
        await StepAsync();
        _time.Advance(Lease.Length);

        var step = _raiser.StepAsync(() => _processes, TestContext.Current.CancellationToken);
        Assert.False(step.IsCompleted);
        _time.Advance(VersionRaiser.StepTimeout);
        await Waiting.ForAsync(step, "the end of the step");

        Assert.Equal(VersionGateState.Unread, _gate.State);
        Assert.StartsWith("Warning", Assert.Single(Texts()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Step_WhenProcessesAreBehind_NamesThemWhenTheyChange()
    {
        _processes = Processes(LogVersion.First, 7);
        await StepAsync();
        await StepAsync();
        _processes = Processes(LogVersion.First, 1);
        await StepAsync();

        const string Line = "Information: Log version 2 is not in use yet: waiting for the upgrade of";
        Assert.Equal([$"{Line} silo-0, silo-1, silo-2, silo-3, silo-4 and 2 more", $"{Line} silo-0"], Texts());
        Assert.Empty(_log.Raises);
    }

    private Task StepAsync() => _raiser.StepAsync(() => _processes, TestContext.Current.CancellationToken);

    private async Task StepForOneLeaseAsync()
    {
        await StepAsync();
        _time.Advance(Lease.Length);
        await StepAsync();
    }

    private string[] Texts() => [.. _lines.Lines.Select(line => line.Text)];

    private static ProcessVersions Processes(int version, int silos = 1) => new(
        Enumerable.Range(0, silos).ToDictionary(number => $"silo-{number}", _ => version), new Dictionary<string, int>(), IsComplete: true);
}
