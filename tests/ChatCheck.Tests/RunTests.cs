namespace OrleansChat.ChatCheck.Tests;

/// <summary>The program as a user runs it.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task ARunWithKills_OnAClusterOfItsOwn_HoldsAndLeavesNothingBehind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are stopped and asked to end by signals.");
        var temporary = Directory.CreateTempSubdirectory("orleanschat-test-");

        var (exitCode, said) = await RunningCheck.ToItsEndAsync(
            temporary.FullName,
            "--store", "sqlite", "--gateways", "2", "--seconds", "8", "--seed", "5", "--every", "3", "--rate", "150", "--faults", "kill", "--writers", "4", "--readers", "4", "--rooms", "4");

        Assert.True(exitCode == 0, said);
        Assert.Contains("No violations. seed 5", said, StringComparison.Ordinal);
        Assert.DoesNotContain("; 0 kills", said.Split("faults ")[^1], StringComparison.Ordinal);
        Assert.Empty(temporary.GetDirectories("orleanschat-*"));
        temporary.Delete(recursive: true); // Killed processes leave their debuggers' sockets there.
    }

    [Theory]
    [InlineData("ws://host:port", "--url", "localhost:80")]
    [InlineData("none", "--faults", "rain")]
    [InlineData("only", "--url", "ws://127.0.0.1:1", "--faults", "kill")]
    [InlineData("Path:Key=value", "--set", "nothing")]
    [InlineData("--store postgres", "--store", "sqlite", "--silos", "2")]
    [InlineData("--help", "--bogus")]
    [InlineData("is not there", "--store", "sqlite", "--silo-program", "/nowhere/silo")]
    [InlineData("cannot start", "--store", "sqlite", "--set", "silo/Silo:Port=0")]
    public async Task WhatCannotBeRun_IsOneLineAndExitCode2(string advice, params string[] arguments)
    {
        var (exitCode, said) = await RunningCheck.ToItsEndAsync(Path.GetTempPath(), arguments);

        Assert.True(exitCode == 2, said);
        Assert.Contains(advice, said, StringComparison.Ordinal);
    }
}
