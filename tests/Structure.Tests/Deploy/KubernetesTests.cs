using System.Text.Json.Nodes;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>The kustomize base: its parts fit each other, and nobody in it may do more than it has to.</summary>
public sealed class KubernetesTests
{
    private static readonly string[] Kinds =
        ["ServiceAccount", "Deployment", "PodDisruptionBudget", "Deployment", "Service", "PodDisruptionBudget", "Ingress", "NetworkPolicy"];

    public static TheoryData<string> Deployments => ["orleanschat-silo", "orleanschat-gateway"];

    [Fact]
    public void Base_ListsEveryFileButTheExampleOfASecret()
    {
        var folder = Path.Combine(Repository.Root, "deploy", "kubernetes");
        var listed = DeployTree.Yaml("deploy/kubernetes/kustomization.yaml")[0].At("resources").Items().Select(DeployTree.Text);
        var files = Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!);

        Assert.Equal(files.Except(["kustomization.yaml", "secret.example.yaml"]).Order(), listed.Order());
        Assert.Equal(Kinds.Order(), DeployTree.KubernetesObjects.Select(item => item.At("kind").Text()).Order());
        Assert.All(DeployTree.KubernetesObjects, item => Assert.Null(item.Find("metadata/namespace")));
    }

    [Fact]
    public void ExampleSecret_HasTheKeysThatAreAskedFor_AndNoSecret()
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
    public void Pod_MayDoNothingThatItDoesNotHaveTo(string name)
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
    }

    [Theory, MemberData(nameof(Deployments))]
    public void Pod_HasMemoryBoundedAndTheProcessorFree(string name)
    {
        var resources = Deployment(name).At("spec/template/spec/containers").Items().Single().At("resources");

        Assert.NotNull(resources.Find("requests/cpu"));
        Assert.NotNull(resources.Find("requests/memory"));
        Assert.Equal(["memory"], resources.At("limits").AsObject().Select(limit => limit.Key));
    }

    [Theory, MemberData(nameof(Deployments))]
    public void Rollout_NeverTakesAProcessAwayBeforeItsSuccessorIsReady(string name)
    {
        var deployment = Deployment(name);
        var budget = Of("PodDisruptionBudget").Single(budget => budget.At("metadata/name").Text() == name);

        Assert.Equal(0, deployment.At("spec/strategy/rollingUpdate/maxUnavailable").Number());
        Assert.True(deployment.At("spec/strategy/rollingUpdate/maxSurge").Number() > 0);
        Assert.InRange(budget.At("spec/maxUnavailable").Number(), 1, deployment.At("spec/replicas").Number() - 1);
        Assert.Equal(Selected(deployment, "spec/selector/matchLabels"), Selected(budget, "spec/selector/matchLabels"));
    }

    [Theory, MemberData(nameof(Deployments))]
    public void Pods_AreSelectedByTheirOwnLabels_AndSpread(string name)
    {
        var deployment = Deployment(name);
        var labels = deployment.At("spec/template/metadata/labels").AsObject();
        var spread = deployment.At("spec/template/spec/topologySpreadConstraints").Items().ToArray();

        Assert.Equal(name, labels["app.kubernetes.io/name"]!.Text());
        Assert.Equal($"app.kubernetes.io/name={name}", Selected(deployment, "spec/selector/matchLabels"));
        Assert.Equal(["kubernetes.io/hostname", "topology.kubernetes.io/zone"], spread.Select(constraint => constraint.At("topologyKey").Text()));
        Assert.All(spread, constraint => Assert.Equal($"app.kubernetes.io/name={name}", Selected(constraint, "labelSelector/matchLabels")));
    }

    [Fact]
    public void IngressAndService_LeadToAPortThatGatewaysHave_AndBindNobodyToOne()
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
    public void SiloPorts_AreReachedBySilosAndGatewaysAlone()
    {
        var (policy, silo) = (Of("NetworkPolicy").Single(), Deployment("orleanschat-silo"));
        var rules = policy.At("spec/ingress").Items().ToArray();
        var open = rules.Where(rule => rule.Find("from") is null).SelectMany(rule => rule.At("ports").Items()).Select(port => port.At("port").Text());

        Assert.Equal(Selected(silo, "spec/selector/matchLabels"), Selected(policy, "spec/podSelector/matchLabels"));
        Assert.Equal(Ports(silo).Order(), rules.SelectMany(rule => rule.At("ports").Items()).Select(port => port.At("port").Text()).Order());
        Assert.Equal(["health"], open);
    }

    private static IEnumerable<JsonNode> Of(string kind) => DeployTree.KubernetesObjects.Where(item => item.At("kind").Text() == kind);

    private static JsonNode Deployment(string name) => Of("Deployment").Single(deployment => deployment.At("metadata/name").Text() == name);

    private static IEnumerable<string> Ports(JsonNode deployment) =>
        deployment.At("spec/template/spec/containers").Items().Single().At("ports").Items().Select(port => port.At("name").Text());

    private static string Selected(JsonNode node, string path) =>
        string.Join(',', node.At(path).AsObject().Select(label => $"{label.Key}={label.Value}"));
}
