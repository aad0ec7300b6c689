using System.Text.Json.Nodes;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>
/// Evaluates network policies as the Kubernetes API defines them: if a policy selects a pod, the pod accepts only the
/// connections that a rule allows.
/// </summary>
internal static class Network
{
    /// <summary>
    /// Returns the Deployments whose pods may connect to a port of the target Deployment's pods. A Deployment's name is
    /// its label <c>app.kubernetes.io/name</c>.
    /// </summary>
    /// <param name="to">The target Deployment.</param>
    public static string[] LetIn(IEnumerable<JsonNode> objects, string to, int port)
    {
        var pods = objects.Where(item => item.At("kind").Text() == "Deployment")
            .Select(deployment => deployment.At("spec/template/metadata/labels").AsObject()).ToArray();
        var target = pods.Single(labels => Name(labels) == to);
        var policies = objects.Where(item => item.At("kind").Text() == "NetworkPolicy" && Matches(item.At("spec/podSelector"), target)).ToArray();
        return [.. pods.Where(pod => policies.Length == 0 || policies.Any(policy => policy.Find("spec/ingress").Items().Any(rule => Allows(rule, pod, port)))).Select(Name).Order()];
    }

    /// <summary>Whether a label selector matches these labels.</summary>
    public static bool Matches(JsonNode selector, JsonObject labels)
    {
        var equal = (selector.Find("matchLabels") as JsonObject ?? []).All(wanted => Value(wanted.Key) == wanted.Value!.Text());
        return equal && selector.Find("matchExpressions").Items().All(expression => expression.At("operator").Text() switch
        {
            "In" => expression.At("values").Items().Any(value => value.Text() == Value(expression.At("key").Text())),
            var other => throw new NotSupportedException($"The operator {other} is not expected here."),
        });

        string? Value(string key) => labels[key]?.Text();
    }

    /// <summary>Returns the names of the pod labels that the selectors of a policy use.</summary>
    public static IEnumerable<string> Labels(JsonNode policy)
    {
        var selectors = policy.At("spec/ingress").Items().SelectMany(rule => rule.At("from").Items()).Select(peer => peer.Find("podSelector")).OfType<JsonNode>()
            .Append(policy.At("spec/podSelector"));
        return selectors.SelectMany(selector => (selector.Find("matchLabels") as JsonObject ?? []).Select(label => label.Key)
            .Concat(selector.Find("matchExpressions").Items().Select(expression => expression.At("key").Text())));
    }

    // A peer with a namespace selector is in another namespace, so it is not this pod.
    private static bool Allows(JsonNode rule, JsonObject pod, int port) =>
        rule.Find("ports").Items().Any(open => open.At("port").Number() == port)
        && (rule.Find("from") is null || rule.At("from").Items().Any(peer => peer.Find("namespaceSelector") is null && Matches(peer.At("podSelector"), pod)));

    private static string Name(JsonObject labels) => labels["app.kubernetes.io/name"]!.Text();
}
