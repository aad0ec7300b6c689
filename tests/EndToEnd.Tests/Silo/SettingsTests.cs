namespace OrleansChat.EndToEnd.Tests.Silo;

/// <summary>A silo with a setting that it cannot use does not start, and says which.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("Silo__Port", "0", "Silo:Port")]
    [InlineData("Silo__Prot", "11111", "Silo:Prot")]
    [InlineData("Silo__Address", "localhost", "Silo:Address")]
    [InlineData("Silo__Address", "10.0.0.1", "Silo:Address")]
    [InlineData("Cluster__Store", "etcd", "Cluster:Store")]
    [InlineData("Cluster__Store", "postgres", "Cluster:ConnectionString")]
    [InlineData("Cluster__ConnectionString", "Host=localhost", "Cluster:ConnectionString")]
    [InlineData("Cluster__Id", "", "Cluster:Id")]
    [InlineData("Cluster__Timings__Probe", "00:10:00", "Cluster:Timings:Probe")]
    [InlineData("Cluster__Timings__LongestProbe", "00:00:00.5", "Cluster:Timings:LongestProbe")]
    [InlineData("Process__Lifetime", "eternal", "Process:Lifetime")]
    public async Task Silo_WithABadSetting_EndsWithOneLineThatNamesIt(string variable, string value, string named)
    {
        await using var silo = ProcessGroup.Start(Built.Silo, [], new Dictionary<string, string> { [variable] = value });

        Assert.NotEqual(0, await silo.ExitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains(named, Assert.Single(silo.Errors), StringComparison.Ordinal);
    }
}
