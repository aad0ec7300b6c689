namespace OrleansChat.Structure.Tests;

/// <summary>The file that names the previous version, which must be able to use all that this version stores.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public void PreviousVersion_WhenRead_IsAFullCommitHash()
    {
        var version = File.ReadAllText(Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "Upgrade", "previous-version.txt"));

        Assert.Matches("^[0-9a-f]{40}\n?$", version);
    }
}
