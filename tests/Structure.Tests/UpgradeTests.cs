namespace OrleansChat.Structure.Tests;

/// <summary>
/// Tests the file that contains the commit hash of the previous version. During an upgrade, processes of the previous
/// version and of this version use the same log. Until the cluster uses the new log version, processes of the previous
/// version must be able to use everything that this version stores.
/// </summary>
public sealed class UpgradeTests
{
    [Fact]
    public void PreviousVersion_WhenRead_IsAFullCommitHash()
    {
        var version = File.ReadAllText(Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "Upgrade", "previous-version.txt"));

        Assert.Matches("^[0-9a-f]{40}\n?$", version);
    }
}
