using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansChat.TestSupport.Deploy;

/// <summary>The files in the source tree's <c>deploy/</c>, read as kubectl and Compose read them.</summary>
public static partial class DeployTree
{
    /// <summary>The folder that contains the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every object of the kustomize base, in the order of <c>kustomization.yaml</c>.</summary>
    public static IReadOnlyList<JsonNode> KubernetesObjects { get; } =
        [.. Yaml("deploy/kubernetes/kustomization.yaml")[0].At("resources").Items().SelectMany(file => Yaml($"deploy/kubernetes/{file.Text()}"))];

    /// <summary>The compose file.</summary>
    public static JsonNode Compose { get; } = Yaml("deploy/compose.yaml")[0];

    /// <summary>Returns the documents of a YAML file, with its aliases and merge keys resolved.</summary>
    public static IReadOnlyList<JsonNode> Yaml(string path)
    {
        using var file = File.OpenText(Path.Combine(Root, path));
        return Parse(file);
    }

    /// <summary>Returns the documents of YAML text.</summary>
    public static IReadOnlyList<JsonNode> Parse(string yaml)
    {
        using var text = new StringReader(yaml);
        return Parse(text);
    }

    /// <summary>
    /// Replaces the variables in a value of the compose file. <c>${NAME:-value}</c> becomes the default value. A
    /// variable that must be set, <c>${NAME:?message}</c>, becomes <c>${NAME}</c>.
    /// </summary>
    public static string WithDefaults(string value) => Demanded().Replace(Defaulted().Replace(value, "$1"), "${$1}");

    /// <summary>
    /// Returns the node at a path such as <c>spec/template/spec</c>. If the node does not exist, throws an exception
    /// that names the path.
    /// </summary>
    public static JsonNode At(this JsonNode node, string path) => node.Find(path)
        ?? throw new KeyNotFoundException($"There is no {path} in {node.ToJsonString()}");

    /// <summary>Returns the node at a path, or null if it does not exist.</summary>
    public static JsonNode? Find(this JsonNode node, string path) =>
        path.Split('/').Aggregate((JsonNode?)node, (at, key) => (at as JsonObject)?[key]);

    /// <summary>Returns the entries of a list, or no entries if the list is missing.</summary>
    public static IEnumerable<JsonNode> Items(this JsonNode? node) => (node as JsonArray ?? []).Select(item => item!);

    /// <summary>Returns the text of a scalar, as in the file.</summary>
    public static string Text(this JsonNode node) => node.ToString();

    public static int Number(this JsonNode node) => node.GetValue<int>();

    private static IReadOnlyList<JsonNode> Parse(TextReader yaml)
    {
        var stream = new YamlStream();
        stream.Load(new MergingParser(new Parser(yaml)));
        return [.. stream.Documents.Select(document => Json(document.RootNode)!)];
    }

    // A quoted scalar is always text.
    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, Json(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Select(Json)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "null" or "~" } => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" } => true,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "false" } => false,
        YamlScalarNode { Style: ScalarStyle.Plain } scalar
            when int.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => number,
        YamlScalarNode scalar => scalar.Value,
        _ => throw new InvalidDataException($"{node.Start}: {node.NodeType} is not expected here."),
    };

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansChat.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No folder above the tests has OrleansChat.sln.");
    }

    [GeneratedRegex(@"\$\{\w+:-([^}]*)\}")]
    private static partial Regex Defaulted();

    [GeneratedRegex(@"\$\{(\w+):\?[^}]*\}")]
    private static partial Regex Demanded();
}
