namespace OrleansChat.ChatCheck.Tests;

public sealed class CheckCommandTests
{
    [Fact]
    public void Read_WhenAUrlIsGiven_LeavesOutTheTimedChecks()
    {
        var options = Read("--url", "ws://127.0.0.1:8080");

        Assert.False(options.Presence);
        Assert.Null(options.Late);
    }

    [Fact]
    public void Read_WhenTimedChecksAreAskedForWithAUrl_KeepsThem()
    {
        var options = Read("--url", "ws://127.0.0.1:8080", "--presence", "on", "--late", "6");

        Assert.True(options.Presence);
        Assert.Equal(TimeSpan.FromSeconds(6), options.Late);
    }

    [Fact]
    public void Read_WhenNoUrlIsGiven_ChecksEverything()
    {
        var options = Read();

        Assert.True(options.Presence);
        Assert.Equal(TimeSpan.FromSeconds(6), options.Late);
        Assert.False(Read("--presence", "off").Presence);
    }

    private static CheckOptions Read(params string[] arguments)
    {
        var options = CheckCommand.Read(arguments, out var exitCode);
        Assert.Equal(0, exitCode);
        return options!;
    }
}
