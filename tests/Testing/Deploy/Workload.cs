using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansChat.Testing.Deploy;

/// <summary>A question that Kubernetes asks a container over HTTP.</summary>
/// <param name="Kind"><c>startup</c>, <c>readiness</c> or <c>liveness</c>.</param>
/// <param name="Port">The number of the port that it names.</param>
/// <param name="Budget">How long it may fail before something is done.</param>
public sealed record Probe(string Kind, string Path, int Port, TimeSpan Timeout, TimeSpan Budget);

/// <summary>One kind of process, as a manifest or the compose file starts it.</summary>
/// <param name="Name">Where it stands: <c>kubernetes orleanschat-silo</c>.</param>
/// <param name="Program"><c>Silo</c> or <c>Gateway</c>.</param>
/// <param name="Replicas">How many of it there are.</param>
/// <param name="Variables">Its environment: each value as text, with what is only known when it runs as <c>${…}</c>.</param>
/// <param name="Ports">Its ports by their names.</param>
/// <param name="Probes">What it is asked.</param>
/// <param name="PreStop">How long it is left alone before it is told to stop.</param>
/// <param name="Grace">How long after the decision to stop it, it is killed.</param>
public sealed partial record Workload(
    string Name, string Program, int Replicas, IReadOnlyDictionary<string, string> Variables, IReadOnlyDictionary<string, int> Ports,
    IReadOnlyList<Probe> Probes, TimeSpan PreStop, TimeSpan Grace)
{
    /// <summary>What the pod's own name stands in a variable as.</summary>
    public const string PodName = "metadata.name";

    /// <summary>What the pod's own address stands in a variable as.</summary>
    public const string PodAddress = "status.podIP";

    /// <summary>The Deployments of the kustomize base.</summary>
    public static IReadOnlyList<Workload> Kubernetes { get; } =
        [.. DeployTree.KubernetesObjects.Where(item => item.At("kind").Text() == "Deployment").Select(OfDeployment)];

    /// <summary>The compose file's services that are ours.</summary>
    public static IReadOnlyList<Workload> Compose { get; } =
        [.. DeployTree.Compose.At("services").AsObject().Where(service => service.Value!.Find("build") is not null).Select(service => OfService(service.Key, service.Value!))];

    /// <summary>The image that it runs.</summary>
    public Dockerfile Image => Program == "Silo" ? Dockerfile.Silo : Dockerfile.Gateway;

    /// <summary>The whole environment of a process of it: the image's, and over it its own, with each <c>${…}</c> replaced.</summary>
    public Dictionary<string, string> Environment(Func<string, string> known)
    {
        var environment = new Dictionary<string, string>(Image.Environment);
        foreach (var (name, value) in Variables)
        {
            environment[name] = Reference().Replace(value, reference => known(reference.Groups[1].Value));
        }

        return environment;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Workload OfDeployment(JsonNode deployment)
    {
        var pod = deployment.At("spec/template/spec");
        var container = pod.At("containers").Items().Single();
        var ports = container.At("ports").Items().ToDictionary(port => port.At("name").Text(), port => port.At("containerPort").Number());
        return new(
            $"kubernetes {deployment.At("metadata/name").Text()}",
            ProgramOf(container.At("image").Text()),
            deployment.At("spec/replicas").Number(),
            container.At("env").Items().ToDictionary(variable => variable.At("name").Text(), Value),
            ports,
            [.. new[] { "startup", "readiness", "liveness" }.Select(kind => OfProbe(kind, container.At($"{kind}Probe"), ports))],
            TimeSpan.FromSeconds(container.Find("lifecycle/preStop/sleep/seconds")?.Number() ?? 0),
            TimeSpan.FromSeconds(pod.At("terminationGracePeriodSeconds").Number()));
    }

    private static string Value(JsonNode variable) =>
        variable.Find("value") is { } value ? value.GetValue<string>() // A number here is refused by Kubernetes.
        : variable.Find("valueFrom/fieldRef/fieldPath") is { } field ? $"${{{field.Text()}}}"
        : $"${{{variable.At("valueFrom/secretKeyRef/name").Text()}/{variable.At("valueFrom/secretKeyRef/key").Text()}}}";

    // Kubernetes' own defaults: every 10 s, an answer within 1 s, given up after 3.
    private static Probe OfProbe(string kind, JsonNode probe, Dictionary<string, int> ports) => new(
        kind,
        probe.At("httpGet/path").Text(),
        ports[probe.At("httpGet/port").Text()],
        TimeSpan.FromSeconds(probe.Find("timeoutSeconds")?.Number() ?? 1),
        TimeSpan.FromSeconds((probe.Find("periodSeconds")?.Number() ?? 10) * (probe.Find("failureThreshold")?.Number() ?? 3)));

    private static Workload OfService(string name, JsonNode service) => new(
        $"compose {name}",
        ProgramOf(service.At("image").Text()),
        1,
        service.At("environment").AsObject().ToDictionary(pair => pair.Key, pair => Required().Replace(pair.Value!.Text(), "${$1}")),
        new Dictionary<string, int>(),
        [],
        TimeSpan.Zero,
        TimeSpan.FromSeconds(int.Parse(service.At("stop_grace_period").Text().TrimEnd('s'), CultureInfo.InvariantCulture)));

    private static string ProgramOf(string image) => image switch
    {
        "orleanschat-silo" => "Silo",
        "orleanschat-gateway" => "Gateway",
        _ => throw new InvalidDataException($"The image {image} is none of ours."),
    };

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex Reference();

    /// <summary>Compose's way to demand a variable: its name, and what to say where it is missing.</summary>
    [GeneratedRegex(@"\$\{(\w+):\?[^}]*\}")]
    private static partial Regex Required();
}
