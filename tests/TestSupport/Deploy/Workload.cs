using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansChat.TestSupport.Deploy;

/// <summary>A probe that Kubernetes sends to a container over HTTP.</summary>
/// <param name="Kind"><c>startup</c>, <c>readiness</c> or <c>liveness</c>.</param>
/// <param name="Port">The number of the port that the probe names.</param>
/// <param name="Budget">How long the probe may fail before Kubernetes acts.</param>
public sealed record Probe(string Kind, string Path, int Port, TimeSpan Timeout, TimeSpan Budget);

/// <summary>One kind of process, as a manifest or the compose file starts it.</summary>
/// <param name="Name">
/// The source (kubernetes or compose) and the name, such as <c>kubernetes orleanschat-silo</c>.
/// </param>
/// <param name="Program"><c>Silo</c> or <c>Gateway</c>.</param>
/// <param name="Replicas">The number of processes.</param>
/// <param name="Variables">
/// The environment variables that the manifest sets. A value has the form <c>${…}</c> if it is known only when the
/// process runs.
/// </param>
/// <param name="Ports">The ports of the process, by name.</param>
/// <param name="Probes">The probes that Kubernetes sends to the container of the process.</param>
/// <param name="PreStop">The time between the decision to stop the process and SIGTERM.</param>
/// <param name="Grace">The time between the decision to stop the process and SIGKILL.</param>
/// <param name="Memory">The memory limit of the process, in bytes.</param>
public sealed partial record Workload(
    string Name, string Program, int Replicas, IReadOnlyDictionary<string, string> Variables, IReadOnlyDictionary<string, int> Ports,
    IReadOnlyList<Probe> Probes, TimeSpan PreStop, TimeSpan Grace, long Memory)
{
    /// <summary>How a variable refers to the pod's own name.</summary>
    public const string PodName = "metadata.name";

    /// <summary>How a variable refers to the pod's own address.</summary>
    public const string PodAddress = "status.podIP";

    /// <summary>The Deployments of the kustomize base.</summary>
    public static IReadOnlyList<Workload> Kubernetes { get; } =
        [.. DeployTree.KubernetesObjects.Where(item => item.At("kind").Text() == "Deployment").Select(OfDeployment)];

    /// <summary>The services of the compose file whose images this project builds.</summary>
    public static IReadOnlyList<Workload> Compose { get; } =
        [.. DeployTree.Compose.At("services").AsObject().Where(service => service.Value!.Find("build") is not null).Select(service => OfService(service.Key, service.Value!))];

    /// <summary>The Dockerfile of the workload's image.</summary>
    public Dockerfile Image => Program == "Silo" ? Dockerfile.Silo : Dockerfile.Gateway;

    /// <summary>
    /// Returns the whole environment of one process: the variables of the image and of the workload, with each
    /// <c>${…}</c> replaced. A variable of the workload overrides the image's variable of the same name.
    /// </summary>
    /// <param name="known">Returns the value for the text between the braces of <c>${…}</c>.</param>
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
            TimeSpan.FromSeconds(pod.At("terminationGracePeriodSeconds").Number()),
            Bytes(container.At("resources/limits/memory").Text()));
    }

    private static string Value(JsonNode variable) =>
        variable.Find("value") is { } value ? value.GetValue<string>() // Kubernetes refuses a value that is a number.
        : variable.Find("valueFrom/fieldRef/fieldPath") is { } field ? $"${{{field.Text()}}}"
        : $"${{{variable.At("valueFrom/secretKeyRef/name").Text()}/{variable.At("valueFrom/secretKeyRef/key").Text()}}}";

    // The defaults of Kubernetes: a probe every 10 s, an answer within 1 s, and action after 3 failures.
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
        service.At("environment").AsObject().ToDictionary(pair => pair.Key, pair => DeployTree.WithDefaults(pair.Value!.Text())),
        new Dictionary<string, int>(),
        [],
        TimeSpan.Zero,
        TimeSpan.FromSeconds(int.Parse(service.At("stop_grace_period").Text().TrimEnd('s'), CultureInfo.InvariantCulture)),
        Bytes(service.At("mem_limit").Text()));

    // Kubernetes writes 1Gi, Compose writes 1g.
    private static long Bytes(string limit) => (1L << 30) * int.Parse(limit.TrimEnd('i', 'G', 'g'), CultureInfo.InvariantCulture);

    private static string ProgramOf(string image) => image switch
    {
        "orleanschat-silo" => "Silo",
        "orleanschat-gateway" => "Gateway",
        _ => throw new InvalidDataException($"This project does not build an image {image}."),
    };

    [GeneratedRegex(@"\$\{([^}]+)\}")]
    private static partial Regex Reference();
}
