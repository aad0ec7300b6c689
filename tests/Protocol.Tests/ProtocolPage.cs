using System.Text.RegularExpressions;

namespace OrleansChat.Protocol.Tests;

/// <summary>The page <c>docs/protocol.md</c>, and the source tree that contains it.</summary>
internal sealed partial class ProtocolPage
{
    private readonly string[] _lines = File.ReadAllLines(Path.Combine(Root, "docs", "protocol.md"));

    /// <summary>The folder that contains the solution.</summary>
    public static string Root { get; } = FindRoot();

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>The code spans of the page: the text between backticks.</summary>
    public IReadOnlySet<string> Code => _lines.SelectMany(line => CodeSpan().Matches(line)).Select(span => span.Groups[1].Value).ToHashSet();

    /// <summary>Returns the lines of all code blocks that show what one side sends.</summary>
    /// <param name="side">"client" or "server": the word after <c>```json</c> in the first line of a block.</param>
    public IReadOnlyList<string> Examples(string side)
    {
        List<string> examples = [];
        var inside = false;
        foreach (var line in _lines)
        {
            if (inside && line != "```")
            {
                examples.Add(line);
            }

            inside = line == $"```json {side}" || (inside && line != "```");
        }

        return examples;
    }

    /// <summary>Returns the cells of the only table row that has <paramref name="first"/> in its first cell.</summary>
    public string[] Row(string first) => Assert.Single(Rows(), row => row[0] == first);

    /// <summary>Returns the cells of every table row, without the white space around them.</summary>
    public IEnumerable<string[]> Rows() =>
        _lines.Where(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansChat.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No parent folder of the tests contains OrleansChat.sln.");
    }

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();
}
