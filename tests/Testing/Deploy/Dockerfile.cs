using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansChat.Testing.Deploy;

/// <summary>One of the two Dockerfiles: a build stage, and the image that it goes into.</summary>
public sealed partial class Dockerfile
{
    private readonly List<(string Word, string Arguments)> _build = [];
    private readonly List<(string Word, string Arguments)> _image = [];

    private Dockerfile(string image)
    {
        var text = File.ReadAllText(Path.Combine(DeployTree.Root, "deploy", $"Dockerfile.{image}"));
        foreach (var line in Continued().Replace(Comment().Replace(text, ""), " ").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Trim().Split(' ', 2, StringSplitOptions.TrimEntries);
            Bases += parts[0] == "FROM" ? 1 : 0;
            (Bases == 1 ? _build : _image).Add((parts[0], parts[1]));
        }
    }

    /// <summary>The silo's.</summary>
    public static Dockerfile Silo { get; } = new("silo");

    /// <summary>The gateway's.</summary>
    public static Dockerfile Gateway { get; } = new("gateway");

    /// <summary>How many stages there are.</summary>
    public int Bases { get; private set; }

    /// <summary>What the image is put on.</summary>
    public string Base => Arguments("FROM");

    /// <summary>What the build does, in order: <c>COPY</c> and <c>RUN</c>, each with what follows.</summary>
    public IEnumerable<(string Word, string Arguments)> Build => _build.Where(line => line.Word is "COPY" or "RUN");

    /// <summary>What is copied from the tree: sources, and where to.</summary>
    public IEnumerable<(string[] Sources, string Target)> Copies => _build.Where(line => line.Word == "COPY").Select(Copy);

    /// <summary>What the image takes from the build, and where to.</summary>
    public IEnumerable<(string[] Sources, string Target)> Taken => _image.Where(line => line.Word == "COPY").Select(Copy);

    /// <summary>The project that is published.</summary>
    public string Project => Publish().Match(_build.Single(line => line.Arguments.StartsWith("dotnet publish ", StringComparison.Ordinal)).Arguments).Groups[1].Value;

    /// <summary>The environment that the image sets.</summary>
    public IReadOnlyDictionary<string, string> Environment => Arguments("ENV").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>Who runs it.</summary>
    public string User => Arguments("USER");

    /// <summary>The ports that it says it serves.</summary>
    public int[] Ports => [.. Arguments("EXPOSE").Split(' ').Select(int.Parse)];

    /// <summary>The command that it runs.</summary>
    public string[] EntryPoint => JsonSerializer.Deserialize<string[]>(Arguments("ENTRYPOINT"))!;

    /// <summary>The sources and the target of a COPY.</summary>
    public static (string[] Sources, string Target) Copy((string Word, string Arguments) line)
    {
        var paths = line.Arguments.Split(' ').Where(part => !part.StartsWith("--", StringComparison.Ordinal)).ToArray();
        return (paths[..^1], paths[^1]);
    }

    private string Arguments(string word) => _image.Single(line => line.Word == word).Arguments;

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\\s*\n\s*")]
    private static partial Regex Continued();

    [GeneratedRegex(@"^dotnet publish (\S+)")]
    private static partial Regex Publish();
}
