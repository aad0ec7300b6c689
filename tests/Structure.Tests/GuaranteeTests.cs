using System.Text.RegularExpressions;

namespace OrleansChat.Structure.Tests;

public sealed partial class GuaranteeTests
{
    [Fact]
    public void NamedTest_WhenOnTheGuaranteesPage_Exists()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "guarantees.md"));
        var named = TestName().Matches(page).Select(name => name.Groups[1].Value).Distinct().ToArray();
        var tests = string.Join('\n', Repository.Sources("tests").Select(source => source.Text));

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($" {name}(", tests));
    }

    [GeneratedRegex("`([A-Z][A-Za-z0-9]+(?:_[A-Za-z0-9]+)+)`")]
    private static partial Regex TestName();
}
