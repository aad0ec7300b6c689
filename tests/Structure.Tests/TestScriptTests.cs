namespace OrleansChat.Structure.Tests;

/// <summary>
/// <c>test.sh</c> has a list of the test projects, because it runs some of them in parallel. The list must be complete.
/// </summary>
public sealed class TestScriptTests
{
    [Fact]
    public void TestScript_WhenATestProjectExists_RunsIt()
    {
        var script = File.ReadAllText(Path.Combine(Repository.Root, "test.sh"));
        var projects = Directory.GetDirectories(Path.Combine(Repository.Root, "tests"), "*.Tests").Select(Path.GetFileName);

        Assert.DoesNotContain(projects, project => !script.Contains($" {project}", StringComparison.Ordinal));
    }
}
