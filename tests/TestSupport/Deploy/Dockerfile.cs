using System.Text.Json;
using System.Text.RegularExpressions;

namespace OrleansChat.TestSupport.Deploy;

/// <summary>
/// The Dockerfile of the silo or of the gateway. It has two stages: the first builds the program, and the second makes
/// the image from the result.
/// </summary>
public sealed partial class Dockerfile
{
    private readonly Dictionary<string, string> _defaults = [];
    private readonly List<(string Word, string Arguments)> _build = [];
    private readonly List<(string Word, string Arguments)> _image = [];

    private Dockerfile(string image)
    {
        var text = File.ReadAllText(Path.Combine(DeployTree.Root, "deploy", $"Dockerfile.{image}"));
        foreach (var line in Continued().Replace(Comment().Replace(text, ""), " ").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = line.Trim().Split(' ', 2, StringSplitOptions.TrimEntries);
            if (parts[0] == "ARG" && Bases == 0)
            {
                var argument = parts[1].Split('=', 2);
                _defaults[argument[0]] = argument[1];
                continue;
            }

            Bases += parts[0] == "FROM" ? 1 : 0;
            (Bases == 1 ? _build : _image).Add((parts[0], parts[1]));
        }
    }

    public static Dockerfile Silo { get; } = new("silo");

    public static Dockerfile Gateway { get; } = new("gateway");

    /// <summary>The number of stages.</summary>
    public int Bases { get; private set; }

    /// <summary>The name of the image's base image. Arguments in the name have their default values.</summary>
    public string Base => WithDefaults(Arguments(_image, "FROM"));

    /// <summary>The name of the build stage's base image. Arguments in the name have their default values.</summary>
    public string BuildBase => WithDefaults(Arguments(_build, "FROM").Split(' ').Single(word => word.Contains("_IMAGE", StringComparison.Ordinal)));

    /// <summary>
    /// The steps of the build stage, in order. Each step is a <c>COPY</c> or <c>RUN</c> with its arguments. The options
    /// of <c>RUN</c> are left out.
    /// </summary>
    public IEnumerable<(string Word, string Arguments)> Build => _build.Where(line => line.Word is "COPY" or "RUN")
        .Select(line => line.Word == "RUN" ? (line.Word, RunOptions().Replace(line.Arguments, "")) : line);

    /// <summary>The options of every <c>RUN</c> of the build stage, such as <c>--mount=type=secret,...</c>.</summary>
    public IEnumerable<string> BuildOptions => _build.Where(line => line.Word == "RUN")
        .SelectMany(line => RunOptions().Match(line.Arguments).Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>The files that the build stage copies from the source tree, each with its target.</summary>
    public IEnumerable<(string[] Sources, string Target)> Copies => _build.Where(line => line.Word == "COPY").Select(Copy);

    /// <summary>The files that the image gets from the build stage, each with its target.</summary>
    public IEnumerable<(string[] Sources, string Target)> Taken => _image.Where(line => line.Word == "COPY" && IsFromBuild(line)).Select(Copy);

    /// <summary>The files that the image gets from the source tree, each with its target.</summary>
    public IEnumerable<(string[] Sources, string Target)> Added => _image.Where(line => line.Word == "COPY" && !IsFromBuild(line)).Select(Copy);

    /// <summary>The names of the image's labels.</summary>
    public IEnumerable<string> Labels => LabelName().Matches(Arguments(_image, "LABEL")).Select(label => label.Groups[1].Value);

    /// <summary>The project that the build stage publishes.</summary>
    public string Project => Publish().Match(_build.Single(line => line.Arguments.StartsWith("dotnet publish ", StringComparison.Ordinal)).Arguments).Groups[1].Value;

    /// <summary>The environment that the image sets.</summary>
    public IReadOnlyDictionary<string, string> Environment => Arguments(_image, "ENV").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    /// <summary>The user that runs the program. If the Dockerfile also names a group, <c>user:group</c>.</summary>
    public string User => Arguments(_image, "USER");

    /// <summary>The ports that the image exposes.</summary>
    public int[] Ports => [.. Arguments(_image, "EXPOSE").Split(' ').Select(int.Parse)];

    /// <summary>The command that the image runs.</summary>
    public string[] EntryPoint => JsonSerializer.Deserialize<string[]>(Arguments(_image, "ENTRYPOINT"))!;

    /// <summary>Returns the sources and the target of a <c>COPY</c>.</summary>
    public static (string[] Sources, string Target) Copy((string Word, string Arguments) line)
    {
        var paths = line.Arguments.Split(' ').Where(part => !part.StartsWith("--", StringComparison.Ordinal)).ToArray();
        return (paths[..^1], paths[^1]);
    }

    private static string Arguments(List<(string Word, string Arguments)> stage, string word) => stage.Single(line => line.Word == word).Arguments;

    private static bool IsFromBuild((string Word, string Arguments) line) => line.Arguments.StartsWith("--from=build ", StringComparison.Ordinal);

    private string WithDefaults(string arguments) => Argument().Replace(arguments, argument => _defaults[argument.Groups[1].Value]);

    [GeneratedRegex(@"^\s*#.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\\s*\n\s*")]
    private static partial Regex Continued();

    [GeneratedRegex(@"^(?:--\S+\s+)+")]
    private static partial Regex RunOptions();

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Argument();

    [GeneratedRegex(@"([\w.]+)=""")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"^dotnet publish (\S+)")]
    private static partial Regex Publish();
}
