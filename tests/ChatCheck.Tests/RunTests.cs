namespace OrleansChat.ChatCheck.Tests;

/// <summary>Runs ChatCheck as a separate process, like a user in a terminal.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task Run_WhenProcessesAreKilled_FindsNoViolationAndLeavesNoFiles()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "This test needs Linux: ChatCheck kills processes with signals.");
        var temporary = Directory.CreateTempSubdirectory("orleanschat-test-");

        var (exitCode, said) = await RunningCheck.ToItsEndAsync(
            temporary.FullName,
            "--store", "sqlite", "--gateways", "2", "--seconds", "8", "--seed", "5", "--every", "3", "--rate", "150", "--faults", "kill", "--writers", "4", "--readers", "4", "--rooms", "4", "--followed", "4");

        Assert.True(exitCode == 0, said);
        Assert.Contains("No violations. seed 5", said, StringComparison.Ordinal);
        Assert.DoesNotContain("; 0 kills", said.Split("faults ")[^1], StringComparison.Ordinal);
        Assert.Empty(temporary.GetDirectories("orleanschat-*"));
        temporary.Delete(recursive: true); // The killed .NET processes left their diagnostics sockets in this directory.
    }

    [Fact]
    public async Task Run_WhenPresenceIsOff_SendsNoWho()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "This test needs Linux: ChatCheck stops processes with signals.");
        var temporary = Directory.CreateTempSubdirectory("orleanschat-test-");

        var (exitCode, said) = await RunningCheck.ToItsEndAsync(
            temporary.FullName,
            "--store", "memory", "--gateways", "1", "--seconds", "5", "--faults", "none", "--rate", "50", "--writers", "2", "--readers", "4", "--rooms", "2", "--followed", "4", "--presence", "off");

        Assert.True(exitCode == 0, said);
        Assert.Contains("not checked  presence; the run received 0 answers to who", said, StringComparison.Ordinal);
        temporary.Delete(recursive: true);
    }

    [Theory]
    [InlineData("ws://host:port", "--url", "localhost:80")]
    [InlineData("none", "--faults", "rain")]
    [InlineData("only", "--url", "ws://127.0.0.1:1", "--faults", "kill")]
    [InlineData("Path:Key=value", "--set", "nothing")]
    [InlineData("--store postgres", "--store", "sqlite", "--silos", "2")]
    [InlineData("--help", "--bogus")]
    [InlineData("does not exist", "--store", "sqlite", "--silo-program", "/nowhere/silo")]
    [InlineData("cannot start", "--store", "sqlite", "--set", "silo/Silo:Port=0")]
    public async Task Run_WhenAnOptionCannotWork_EndsWithCode2AndAdvice(string advice, params string[] arguments)
    {
        var (exitCode, said) = await RunningCheck.ToItsEndAsync(Path.GetTempPath(), arguments);

        Assert.True(exitCode == 2, said);
        Assert.Contains(advice, said, StringComparison.Ordinal);
    }
}
