using System.Text.RegularExpressions;

namespace OrleansChat.Structure.Tests;

public sealed partial class LinkTests
{
    public static TheoryData<string> Pages => new((IEnumerable<string>)
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md").Concat(
            Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Select(page => Path.GetRelativePath(Repository.Root, page)),
    ]);

    [Theory, MemberData(nameof(Pages))]
    public void Link_WhenWithinTheTree_PointsToAnExistingTarget(string page)
    {
        var file = Path.Combine(Repository.Root, page);
        var text = Fence().Replace(File.ReadAllText(file), "");

        foreach (Match link in Link().Matches(text))
        {
            var (path, heading) = (link.Groups["path"].Value, link.Groups["heading"].Value);
            var target = path.Length == 0 ? file : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, path));
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{page} links to {path}, which does not exist.");
            if (heading.Length > 0)
            {
                Assert.True(Headings(File.ReadAllText(target)).Contains(heading), $"{page} links to #{heading}, but {Path.GetFileName(target)} has no such heading.");
            }
        }
    }

    /// <summary>Returns the anchors of the headings: lower case, words joined by hyphens, no punctuation.</summary>
    private static HashSet<string> Headings(string text) =>
        [.. Heading().Matches(text).Select(heading => NotInAnchors().Replace(heading.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex(@"\]\((?!https?:|mailto:)(?<path>[^)#\s]*)(#(?<heading>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
