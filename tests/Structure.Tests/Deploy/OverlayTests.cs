using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>Renders overlays as operators write them. Most of these overlays are on the operations page.</summary>
public sealed partial class OverlayTests
{
    private const string Head = """
        apiVersion: kustomize.config.k8s.io/v1beta1
        kind: Kustomization
        namespace: chat
        resources: [../OrleansChat/deploy/kubernetes]

        """;

    private static readonly (string Name, string Text)[] Values =
    [
        ("secret.env", "connection-string=Host=db;Password=a=b c\ngateway-connection-string=Host=db\nidentity-key-id=1\nidentity-next-key-id=2\n"),
        ("identity.pub.pem", "-----BEGIN PUBLIC KEY-----\nMII\n-----END PUBLIC KEY-----\n"),
        ("identity-next.pub.pem", "-----BEGIN PUBLIC KEY-----\nMIJ\n-----END PUBLIC KEY-----\n"),
    ];

    [Fact]
    public async Task PageOverlay_WhenRendered_ReplacesEveryExampleValue()
    {
        var objects = await Kustomize.RenderAsync(Block("kind: Kustomization"), Values);

        Assert.All(objects, item => Assert.Equal("chat", item.At("metadata/namespace").Text()));
        Assert.DoesNotContain(objects, item => item.ToJsonString().Contains("chat.example.org", StringComparison.Ordinal));
        Assert.All(Containers(objects), container => Assert.Matches("^registry.example.org/orleanschat-(silo|gateway):0.1.0$", container.At("image").Text()));
        AssertSecretsAreThere(objects);
    }

    [Fact]
    public async Task PageOverlay_WhenASecretChanges_ChangesEveryContainer()
    {
        var before = await Kustomize.RenderAsync(Block("kind: Kustomization"), Values);
        var after = await Kustomize.RenderAsync(
            Block("kind: Kustomization"), [.. Values.Select(file => (file.Name, file.Text.Replace("Password=a", "Password=z", StringComparison.Ordinal)))]);

        Assert.All(Containers(before).Zip(Containers(after)), both => Assert.NotEqual(both.First.ToJsonString(), both.Second.ToJsonString()));
    }

    [Fact]
    public async Task SecondKey_WhenAdded_KeepsTheFirst()
    {
        var objects = await Kustomize.RenderAsync(Head + Block("components:"), Values);
        var variables = Containers(objects).Single(container => container.At("name").Text() == "gateway").At("env").Items()
            .ToDictionary(variable => variable.At("name").Text());

        foreach (var (key, prefix) in (ReadOnlySpan<(int, string)>)[(0, "identity-"), (1, "identity-next-")])
        {
            Assert.Equal($"{prefix}key-id", variables[$"Identity__Keys__{key}__Id"].At("valueFrom/secretKeyRef/key").Text());
            Assert.Equal("RS256", variables[$"Identity__Keys__{key}__Algorithm"].At("value").Text());
            Assert.Equal($"{prefix}public-key", variables[$"Identity__Keys__{key}__PublicKey"].At("valueFrom/secretKeyRef/key").Text());
        }

        AssertSecretsAreThere(objects);
    }

    [Fact]
    public async Task RelabellingOverlay_WhenRendered_KeepsTheClusterConnected()
    {
        var objects = await Kustomize.RenderAsync(Head + """
            namePrefix: prod-
            labels:
              - pairs: { app.kubernetes.io/part-of: platform, app.kubernetes.io/managed-by: argocd, team: chat }
                includeTemplates: true
            """);

        Assert.Contains("platform", Pod(objects, "orleanschat-silo")["app.kubernetes.io/part-of"]!.Text());
        Assert.Equal(["orleanschat-gateway", "orleanschat-silo"], Network.LetIn(objects, "orleanschat-silo", 11111));
        Assert.Equal(["orleanschat-gateway", "orleanschat-silo"], Network.LetIn(objects, "orleanschat-silo", 30000));
    }

    [Fact]
    public async Task TwoInstances_WhenInOneNamespace_SelectOnlyTheirOwnPods()
    {
        var labels = Block("includeSelectors: true");
        var blue = await Kustomize.RenderAsync($"{Head}namePrefix: blue-\n{labels}");
        var green = await Kustomize.RenderAsync($"{Head}namePrefix: green-\n{labels.Replace("blue", "green", StringComparison.Ordinal)}");

        foreach (var (mine, others) in (ReadOnlySpan<(IReadOnlyList<JsonNode>, IReadOnlyList<JsonNode>)>)[(blue, green), (green, blue)])
        {
            Assert.Equal(["orleanschat-gateway", "orleanschat-silo"], Network.LetIn(mine, "orleanschat-silo", 11111));
            foreach (var selector in mine.SelectMany(Selectors))
            {
                var pods = (string[])["orleanschat-silo", "orleanschat-gateway"];
                Assert.Contains(pods, pod => Network.Matches(selector, Pod(mine, pod)));
                Assert.DoesNotContain(pods, pod => Network.Matches(selector, Pod(others, pod)));
            }
        }
    }

    /// <summary>
    /// Returns all pod selectors of an object. For a network policy, these include the selectors in its rules.
    /// </summary>
    private static IEnumerable<JsonNode> Selectors(JsonNode item) => item.At("kind").Text() switch
    {
        "Deployment" or "PodDisruptionBudget" => [item.At("spec/selector"), .. item.Find("spec/template/spec/topologySpreadConstraints").Items().Select(spread => spread.At("labelSelector"))],
        "Service" => [new JsonObject { ["matchLabels"] = item.At("spec/selector").DeepClone() }],
        "NetworkPolicy" => [item.At("spec/podSelector"), .. item.At("spec/ingress").Items().SelectMany(rule => rule.At("from").Items()).Select(peer => peer.Find("podSelector")).OfType<JsonNode>()],
        _ => [],
    };

    private static void AssertSecretsAreThere(IReadOnlyList<JsonNode> objects)
    {
        var secret = objects.Single(item => item.At("kind").Text() == "Secret");
        var asked = Containers(objects).SelectMany(container => container.At("env").Items()).Select(variable => variable.Find("valueFrom/secretKeyRef")).OfType<JsonNode>().ToArray();

        Assert.Matches("^orleanschat-[a-z0-9]+$", secret.At("metadata/name").Text());
        Assert.All(asked, reference => Assert.Equal(secret.At("metadata/name").Text(), reference.At("name").Text()));
        Assert.Empty(asked.Select(reference => reference.At("key").Text()).Except(secret.At("data").AsObject().Select(entry => entry.Key)));
    }

    private static IEnumerable<JsonNode> Containers(IReadOnlyList<JsonNode> objects) =>
        objects.SelectMany(item => item.Find("spec/template/spec/containers").Items());

    private static JsonObject Pod(IReadOnlyList<JsonNode> objects, string name) => objects
        .Where(item => item.At("kind").Text() == "Deployment").Select(item => item.At("spec/template/metadata/labels").AsObject())
        .Single(labels => labels["app.kubernetes.io/name"]!.Text() == name);

    /// <summary>Returns the only YAML block of the operations page that contains the text, and removes its
    /// indentation.</summary>
    private static string Block(string holding)
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));
        var block = Yaml().Matches(page).Single(block => block.Groups["text"].Value.Contains(holding, StringComparison.Ordinal));
        return Regex.Replace(block.Groups["text"].Value, $"(?m)^{block.Groups["indent"].Value}", "");
    }

    [GeneratedRegex(@"^(?<indent> *)```yaml\n(?<text>.*?)^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Yaml();
}
