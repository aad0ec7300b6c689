using System.Text.Json.Nodes;
using System.Xml.Linq;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>
/// Checks that the objects of the kustomize base match each other, and that each process has only the rights that it
/// needs.
/// </summary>
public sealed class KubernetesTests
{
    private static readonly string[] Kinds =
        ["ServiceAccount", "Deployment", "PodDisruptionBudget", "Deployment", "Service", "PodDisruptionBudget", "Ingress", "NetworkPolicy", "NetworkPolicy"];

    public static TheoryData<string> Deployments => ["orleanschat-silo", "orleanschat-gateway"];

    [Fact]
    public void Base_WhenRendered_IncludesEveryFileExceptTheExampleSecret()
    {
        var folder = Path.Combine(Repository.Root, "deploy", "kubernetes");
        var listed = DeployTree.Yaml("deploy/kubernetes/kustomization.yaml")[0].At("resources").Items().Select(DeployTree.Text);
        var files = Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!);

        Assert.Equal(files.Except(["kustomization.yaml", "secret.example.yaml"]).Order(), listed.Order());
        Assert.Equal(Kinds.Order(), DeployTree.KubernetesObjects.Select(item => item.At("kind").Text()).Order());
        Assert.All(DeployTree.KubernetesObjects, item => Assert.Null(item.Find("metadata/namespace")));
    }

    [Fact]
    public void ExampleSecret_WhenRead_HasEveryRequiredKeyAndNoSecret()
    {
        var secret = DeployTree.Yaml("deploy/kubernetes/secret.example.yaml").Single();
        var keys = secret.At("stringData").AsObject();
        var asked = DeployTree.KubernetesObjects.SelectMany(item => item.Find("spec/template/spec/containers").Items())
            .SelectMany(container => container.At("env").Items()).Select(variable => variable.Find("valueFrom/secretKeyRef")).OfType<JsonNode>().ToArray();

        Assert.All(asked, reference => Assert.Equal(secret.At("metadata/name").Text(), reference.At("name").Text()));
        Assert.Equal(asked.Select(reference => reference.At("key").Text()).Distinct().Order(), keys.Select(key => key.Key).Order());
        Assert.All(keys, key => Assert.Contains("REPLACE", key.Value!.Text()));
    }

    [Theory, MemberData(nameof(Deployments))]
    public void Pod_WhenStarted_HasOnlyTheRightsItNeeds(string name)
    {
        var pod = Deployment(name).At("spec/template/spec");
        var container = pod.At("containers").Items().Single();
        var user = Workload.Kubernetes.Single(workload => workload.Name.EndsWith(name, StringComparison.Ordinal)).Image.User;

        Assert.True(pod.At("securityContext/runAsNonRoot").GetValue<bool>());
        Assert.Equal(user, $"{pod.At("securityContext/runAsUser")}:{pod.At("securityContext/runAsGroup")}");
        Assert.Equal("RuntimeDefault", pod.At("securityContext/seccompProfile/type").Text());
        Assert.False(pod.At("automountServiceAccountToken").GetValue<bool>());
        Assert.False(container.At("securityContext/allowPrivilegeEscalation").GetValue<bool>());
        Assert.True(container.At("securityContext/readOnlyRootFilesystem").GetValue<bool>());
        Assert.Equal(["ALL"], container.At("securityContext/capabilities/drop").Items().Select(DeployTree.Text));
        Assert.Null(container.Find("volumeMounts"));
        Assert.Equal("FallbackToLogsOnError", container.At("terminationMessagePolicy").Text());
    }

    [Theory, MemberData(nameof(Deployments))]
    public void Pod_WhenScheduled_HasAMemoryLimitAndNoCpuLimit(string name)
    {
        var resources = Deployment(name).At("spec/template/spec/containers").Items().Single().At("resources");

        Assert.NotNull(resources.Find("requests/cpu"));
        Assert.NotNull(resources.Find("requests/memory"));
        Assert.Equal(["memory"], resources.At("limits").AsObject().Select(limit => limit.Key));
    }

    [Theory, MemberData(nameof(Deployments))]
    public void Rollout_WhenAPodIsReplaced_WaitsForItsSuccessor(string name)
    {
        var deployment = Deployment(name);
        var budget = Of("PodDisruptionBudget").Single(budget => budget.At("metadata/name").Text() == name);

        Assert.Equal(0, deployment.At("spec/strategy/rollingUpdate/maxUnavailable").Number());
        Assert.True(deployment.At("spec/strategy/rollingUpdate/maxSurge").Number() > 0);
        Assert.InRange(budget.At("spec/maxUnavailable").Number(), 1, deployment.At("spec/replicas").Number() - 1);
        Assert.Equal(Selected(deployment, "spec/selector/matchLabels"), Selected(budget, "spec/selector/matchLabels"));
    }

    [Theory, MemberData(nameof(Deployments))]
    public void Pods_WhenScheduled_AreSpreadByTheirOwnLabels(string name)
    {
        var deployment = Deployment(name);
        var labels = deployment.At("spec/template/metadata/labels").AsObject();
        var spread = deployment.At("spec/template/spec/topologySpreadConstraints").Items().ToArray();

        Assert.Equal(name, labels["app.kubernetes.io/name"]!.Text());
        Assert.Equal($"app.kubernetes.io/name={name},app.kubernetes.io/instance=orleanschat", Selected(deployment, "spec/selector/matchLabels"));
        Assert.Equal(["kubernetes.io/hostname", "topology.kubernetes.io/zone"], spread.Select(constraint => constraint.At("topologyKey").Text()));
        Assert.All(spread, constraint => Assert.Equal(Selected(deployment, "spec/selector/matchLabels"), Selected(constraint, "labelSelector/matchLabels")));
    }

    [Fact]
    public void Ingress_WhenAClientConnects_LeadsToAnyGateway()
    {
        var (ingress, service, gateway) = (Of("Ingress").Single(), Of("Service").Single(), Deployment("orleanschat-gateway"));
        var backend = ingress.At("spec/rules").Items().Single().At("http/paths").Items().Single().At("backend/service");
        var port = service.At("spec/ports").Items().Single();

        Assert.Equal(service.At("metadata/name").Text(), backend.At("name").Text());
        Assert.Equal(port.At("name").Text(), backend.At("port/name").Text());
        Assert.Contains(port.At("targetPort").Text(), Ports(gateway));
        Assert.Equal(Selected(gateway, "spec/selector/matchLabels"), Selected(service, "spec/selector"));
        Assert.Equal("ClusterIP", service.At("spec/type").Text());
        Assert.Null(service.Find("spec/sessionAffinity"));
        Assert.Null(ingress.Find("metadata/annotations"));
    }

    [Fact]
    public void Gateways_WhenCompromised_HoldNoSecretOfSilosOrIssuers()
    {
        var (silo, gateway) = (Secrets(Deployment("orleanschat-silo")), Secrets(Deployment("orleanschat-gateway")));
        var algorithm = Env(Deployment("orleanschat-gateway")).Single(variable => variable.At("name").Text() == "Identity__Keys__0__Algorithm");

        Assert.Empty(silo.Intersect(gateway));
        Assert.Equal("RS256", algorithm.At("value").Text()); // With a public key, a gateway can verify tokens but cannot issue them.
    }

    [Fact]
    public void Labels_WhenOnAnyObject_FollowTheConvention()
    {
        var version = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

        Assert.All(DeployTree.KubernetesObjects, item =>
        {
            var labels = item.At("metadata/labels").AsObject();
            Assert.Equal("orleanschat", labels["app.kubernetes.io/instance"]!.Text());
            Assert.Equal("orleanschat", labels["app.kubernetes.io/part-of"]!.Text());
            Assert.Equal("kustomize", labels["app.kubernetes.io/managed-by"]!.Text());
            Assert.Equal(version, labels["app.kubernetes.io/version"]!.Text());
            Assert.NotNull(labels["app.kubernetes.io/name"]);
        });
    }

    [Fact]
    public void SiloPolicy_WhenPodsAreRelabelled_StillAdmitsSilosAndGateways()
    {
        // Like kustomize with includeTemplates, this test changes the labels of pods but not the selectors.
        var relabelled = Objects();
        foreach (var labels in relabelled.Select(item => item.Find("spec/template/metadata/labels")).OfType<JsonObject>())
        {
            labels["app.kubernetes.io/part-of"] = "platform";
            labels["app.kubernetes.io/managed-by"] = "argocd";
            labels["app.kubernetes.io/version"] = "1.2.3";
            labels["app.kubernetes.io/component"] = "chat";
        }

        Assert.Equal(["orleanschat-gateway", "orleanschat-silo"], Network.LetIn(relabelled, "orleanschat-silo", 11111));
        Assert.Equal(["orleanschat-gateway", "orleanschat-silo"], Network.LetIn(relabelled, "orleanschat-silo", 30000));
    }

    [Fact]
    public void Policies_WhenTheySelectPods_UseOnlyFixedLabels()
    {
        // These labels are fixed: if an overlay changed one of them only on the pods, the Deployment's selector would
        // not match the Deployment's own pods, and Kubernetes would refuse the Deployment.
        var kept = Deployment("orleanschat-silo").At("spec/selector/matchLabels").AsObject().Select(label => label.Key).ToArray();

        Assert.All(Of("NetworkPolicy"), policy => Assert.Empty(Network.Labels(policy).Except(kept)));
    }

    [Fact]
    public void SiloPorts_WhenAnotherPodConnects_AreClosed()
    {
        var policy = Of("NetworkPolicy").Single(policy => policy.At("metadata/name").Text() == "orleanschat-silo");
        var rule = Assert.Single(policy.At("spec/ingress").Items());
        var ports = Workload.Kubernetes.Single(workload => workload.Program == "Silo").Ports;

        Assert.Equal([ports["silo"], ports["gateway"]], rule.At("ports").Items().Select(port => port.At("port").Number()));
        Assert.Equal(["orleanschat-gateway", "orleanschat-silo"], Network.LetIn(Objects(), "orleanschat-silo", ports["silo"]));
        Assert.Empty(Network.LetIn(Objects(), "orleanschat-silo", ports["health"])); // The probes come from the node, which needs no rule.
        Assert.False(Network.Matches(Assert.Single(rule.At("from").Items()).At("podSelector"), new JsonObject { ["app.kubernetes.io/part-of"] = "orleanschat" }));
    }

    [Fact]
    public void GatewayPort_WhenAPodConnects_AdmitsOnlyTheIngressController()
    {
        var policy = Of("NetworkPolicy").Single(policy => policy.At("metadata/name").Text() == "orleanschat-gateway");
        var rule = Assert.Single(policy.At("spec/ingress").Items());

        Assert.Equal([Dockerfile.Gateway.Ports.Single()], rule.At("ports").Items().Select(port => port.At("port").Number()));
        Assert.Equal("kubernetes.io/metadata.name=ingress-nginx", Selected(Assert.Single(rule.At("from").Items()), "namespaceSelector/matchLabels"));
        Assert.Empty(Network.LetIn(Objects(), "orleanschat-gateway", Dockerfile.Gateway.Ports.Single()));
    }

    private static JsonNode[] Objects() => [.. DeployTree.KubernetesObjects.Select(item => item.DeepClone())];

    private static IEnumerable<JsonNode> Env(JsonNode deployment) => deployment.At("spec/template/spec/containers").Items().Single().At("env").Items();

    private static IEnumerable<string> Secrets(JsonNode deployment) => Env(deployment).Select(variable => variable.Find("valueFrom/secretKeyRef/key")).OfType<JsonNode>().Select(DeployTree.Text);

    private static IEnumerable<JsonNode> Of(string kind) => DeployTree.KubernetesObjects.Where(item => item.At("kind").Text() == kind);

    private static JsonNode Deployment(string name) => Of("Deployment").Single(deployment => deployment.At("metadata/name").Text() == name);

    private static IEnumerable<string> Ports(JsonNode deployment) =>
        deployment.At("spec/template/spec/containers").Items().Single().At("ports").Items().Select(port => port.At("name").Text());

    private static string Selected(JsonNode node, string path) =>
        string.Join(',', node.At(path).AsObject().Select(label => $"{label.Key}={label.Value}"));
}
