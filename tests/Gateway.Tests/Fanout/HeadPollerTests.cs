using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Fanout;
using OrleansChat.Gateway.Frames;
using OrleansChat.Gateway.Tests.Sessions;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Tests.Fanout;

/// <summary>
/// If polls of room heads keep failing, the gateway logs only the first failure and the end of the failures.
/// </summary>
public sealed class HeadPollerTests
{
    [Fact]
    public async Task Poll_WhenItKeepsFailing_IsLoggedAtTheBeginAndAtTheEnd()
    {
        var (history, time, log) = (new HistoryThatSays(), new ManualTime(), new KeptLog());
        var (grains, options, instruments) = (GrainsInMemory.Create(("lobby", new RoomThatSays()), (0L, history)), Options.Create(new FanoutOptions()), new FanoutInstruments(new Meters()));
        var (feeds, rooms, _) = TestRooms.Create(grains, options.Value, time, instruments: instruments);
        using var rig = new SessionRig();
        rooms.Enter(new(await rig.SessionAsync("ann"), "lobby", new(JsonFormat.Instance, "lobby", "ann")), new Enter("ann", RoomKind.Channel, null), _ => { });
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var poller = new HeadPoller(grains, feeds, rooms, options, instruments, time, loggers.CreateLogger<HeadPoller>());
        await poller.StartAsync(TestContext.Current.CancellationToken);

        history.HeadsFail = true;
        await PollAsync(3);
        history.HeadsFail = false;
        await PollAsync(2);
        await poller.StopAsync(TestContext.Current.CancellationToken);

        Assert.Collection(
            log.Lines.Select(line => line.ToString()).Where(line => line.Contains(": Polling", StringComparison.Ordinal)),
            began => Assert.StartsWith("Warning: Polling room heads fails; live delivery is not affected System.IO.IOException", began, StringComparison.Ordinal),
            ended => Assert.StartsWith("Information: Polling room heads works again after 3 failures", ended, StringComparison.Ordinal));

        async Task PollAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var asked = history.Asked;
                await time.UntilArmedAsync();
                time.Advance(options.Value.HeadPoll);
                await Waiting.UntilAsync(() => history.Asked > asked, "the next poll");
            }
        }
    }
}
