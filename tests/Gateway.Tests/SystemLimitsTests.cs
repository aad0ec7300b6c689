using System.Net;
using System.Net.Sockets;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Endpoint;

namespace OrleansChat.Gateway.Tests;

/// <summary>If a limit of the operating system is lower than a setting, the gateway lowers the setting.</summary>
public sealed class SystemLimitsTests
{
    private const long MuchMemory = 1L << 40;

    [Theory]
    [InlineData(200_000L, 10_000, 100_000, 10_000, 100_000)]
    [InlineData(null, 10_000, 100_000, 10_000, 100_000)]
    [InlineData(65_536L, 10_000, 100_000, 10_000, 55_280)]
    [InlineData(20_000L, 10_000, 100_000, 4_936, 14_808)]
    [InlineData(20_000L, 10_000, 12_000, 7_744, 12_000)]
    [InlineData(400L, 10_000, 100_000, 50, 150)]
    [InlineData(4L, 10_000, 100_000, 1, 1)]
    public void OpenFiles_WhenTheyAreFewer_LowerBothBounds(long? files, int sockets, int most, int heldSockets, int heldMost)
    {
        var (http, connections) = (new HttpOptions { Sockets = sockets }, new ConnectionOptions { MaxConnections = most });

        var lowered = new SystemLimits(files, MuchMemory).Hold(http, connections);

        Assert.Equal((heldSockets, heldMost), (http.Sockets, connections.MaxConnections));
        Assert.Equal(sockets + most == heldSockets + heldMost ? 0 : 1, lowered.Count);
    }

    [Theory]
    [InlineData(1L << 40, 100_000)]
    [InlineData(768L << 20, 32_768)]
    [InlineData(0L, 100)]
    public void Memory_WhenItIsLess_LowersTheConnections(long bytes, int held)
    {
        var connections = new ConnectionOptions();

        var lowered = new SystemLimits(null, bytes).Hold(new(), connections);

        Assert.Equal(held, connections.MaxConnections);
        Assert.Equal(held == 100_000 ? 0 : 1, lowered.Count);
    }

    [Theory]
    [InlineData("Max open files            1000                 4096                 files     ", 1000L)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max processes             1000                 1000                 processes ", null)]
    public void OpenFilesOf_WhenGivenTheSystemsLines_ReturnsTheSoftLimit(string line, long? limit)
    {
        Assert.Equal(limit, SystemLimits.ParseOpenFiles(["Limit                     Soft Limit           Hard Limit           Units     ", line]));
    }

    [Fact]
    public void Accept_WhenItFailsRepeatedly_PausesLonger()
    {
        var (time, log) = (new ManualTime(), new KeptLog());
        var failures = new AcceptFailures(new IPEndPoint(IPAddress.Loopback, 80), time, log.CreateLogger("accept"));

        var pauses = Enumerable.Range(0, 12).Select(_ => failures.Failed(SocketError.TooManyOpenSockets)).ToArray();
        failures.Accepted();
        var afterOne = failures.Failed(SocketError.TooManyOpenSockets);
        time.Advance(AcceptFailures.Calm);
        failures.Accepted();
        failures.Accepted();

        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal((AcceptFailures.FirstPause, AcceptFailures.MaxPause), (pauses[0], pauses[^1]));
        Assert.Equal(AcceptFailures.FirstPause, afterOne);
        Assert.Equal(2, log.Lines.Count);
        Assert.Contains("13 accepts failed", log.Lines.Last().Text, StringComparison.Ordinal);
    }
}
