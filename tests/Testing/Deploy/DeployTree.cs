using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OrleansChat.Testing.Deploy;

/// <summary>The source tree's <c>deploy/</c>, read as those who use it read it.</summary>
public static class DeployTree
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every object of the kustomize base: what <c>kustomization.yaml</c> lists, in its order.</summary>
    public static IReadOnlyList<JsonNode> KubernetesObjects { get; } =
        [.. Yaml("deploy/kubernetes/kustomization.yaml")[0].At("resources").Items().SelectMany(file => Yaml($"deploy/kubernetes/{file.Text()}"))];

    /// <summary>The compose file.</summary>
    public static JsonNode Compose { get; } = Yaml("deploy/compose.yaml")[0];

    /// <summary>The documents of a YAML file, with its aliases and merge keys resolved.</summary>
    public static IReadOnlyList<JsonNode> Yaml(string path)
    {
        using var file = File.OpenText(Path.Combine(Root, path));
        var stream = new YamlStream();
        stream.Load(new MergingParser(new Parser(file)));
        return [.. stream.Documents.Select(document => Json(document.RootNode)!)];
    }

    /// <summary>What stands at a path: <c>spec/template/spec</c>. Throws, with the path, where nothing does.</summary>
    public static JsonNode At(this JsonNode node, string path) => node.Find(path)
        ?? throw new KeyNotFoundException($"There is no {path} in {node.ToJsonString()}");

    /// <summary>What stands at a path, or null.</summary>
    public static JsonNode? Find(this JsonNode node, string path) =>
        path.Split('/').Aggregate((JsonNode?)node, (at, key) => (at as JsonObject)?[key]);

    /// <summary>The entries of a list; none where it is missing.</summary>
    public static IEnumerable<JsonNode> Items(this JsonNode? node) => (node as JsonArray ?? []).Select(item => item!);

    /// <summary>A scalar, as it is written.</summary>
    public static string Text(this JsonNode node) => node.ToString();

    /// <summary>A whole number.</summary>
    public static int Number(this JsonNode node) => node.GetValue<int>();

    // Only an unquoted scalar can be anything but text.
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

        return folder?.FullName ?? throw new InvalidOperationException("OrleansChat.sln was not found above the tests.");
    }
}
