using System.Text.RegularExpressions;

namespace OrleansChat.Structure.Tests.Deploy;

public sealed partial class OperationsPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));
    private static readonly string Code = string.Join('\n', new[] { "Gateway", "Grains", "Silo", "Streams" }.SelectMany(project => Repository.Sources(project)).Select(source => source.Text));

    [Fact]
    public void NamedInstrument_WhenOnTheOperationsPage_Exists()
    {
        var named = Instrument().Matches(Page).Select(name => name.Groups[1].Value).Distinct().ToArray();

        Assert.True(named.Length > 15);
        Assert.All(named, name => Assert.Contains($"\"{name}\"", Code));
    }

    [Fact]
    public void NamedFile_WhenOnTheOperationsPage_Exists()
    {
        var named = Named().Matches(Page).Select(name => name.Value).Distinct().ToArray();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.True(Path.Exists(Path.Combine(Repository.Root, name)), $"The page names {name}, which does not exist."));
    }

    [GeneratedRegex(@"`(OrleansChat\.[A-Za-z.]+|(?:orleanschat|chat)\.[a-z_]+\.[a-z_.]+)`")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"deploy/[A-Za-z][\w./-]*\w")]
    private static partial Regex Named();
}
