using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>The compose file: two silos, two gateways, one database, and no secret.</summary>
public sealed partial class ComposeTests
{
    public static TheoryData<string> Ours => ["silo-1", "silo-2", "gateway-1", "gateway-2"];

    [Fact]
    public void Services_AreADatabaseTwoSilosAndTwoGateways()
    {
        Assert.Equal(["gateway-1", "gateway-2", "postgres", "silo-1", "silo-2"], Services.Select(service => service.Key).Order());
    }

    [Theory, MemberData(nameof(Ours))]
    public void Process_MayDoNothingThatItDoesNotHaveTo_AndIsStartedAgain(string name)
    {
        var service = Service(name);
        var image = name.StartsWith("silo", StringComparison.Ordinal) ? Dockerfile.Silo : Dockerfile.Gateway;

        Assert.Equal("unless-stopped", service.At("restart").Text());
        Assert.True(service.At("read_only").GetValue<bool>());
        Assert.Equal(image.User, service.At("user").Text());
        Assert.Equal(["ALL"], service.At("cap_drop").Items().Select(DeployTree.Text));
        Assert.Equal(["no-new-privileges:true"], service.At("security_opt").Items().Select(DeployTree.Text));
        Assert.Equal("service_healthy", service.At("depends_on/postgres/condition").Text());
        Assert.True(File.Exists(Path.Combine(Repository.Root, service.At("build/dockerfile").Text())));
    }

    [Theory, InlineData("silo-1"), InlineData("silo-2")]
    public void Silo_TellsTheAddressThatItHas(string name)
    {
        var address = Service(name).At("networks/default/ipv4_address").Text();
        var subnet = IPNetwork.Parse(DeployTree.Compose.At("networks/default/ipam/config").Items().Single().At("subnet").Text());

        Assert.Equal(address, Service(name).At("environment/Silo__Address").Text());
        Assert.True(subnet.Contains(IPAddress.Parse(address)));
    }

    [Theory, InlineData("gateway-1", 8080), InlineData("gateway-2", 8081)]
    public void Gateway_IsReachedFromThisMachineAlone(string name, int port)
    {
        Assert.Equal([$"127.0.0.1:{port}:{Dockerfile.Gateway.Ports.Single()}"], Service(name).At("ports").Items().Select(DeployTree.Text));
    }

    [Fact]
    public void Secrets_AreDemandedAndNeverThere()
    {
        var compose = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose.yaml"));
        var demanded = Variable().Matches(compose).Select(variable => variable.Groups["name"].Value).Distinct();
        var example = File.ReadAllLines(Path.Combine(Repository.Root, "deploy", ".env.example")).Where(line => line.Contains('=') && line[0] != '#');

        Assert.All(Variable().Matches(compose), variable => Assert.StartsWith(":?", variable.Groups["otherwise"].Value));
        Assert.Equal(demanded.Order().Select(name => $"{name}="), example.Order());
        Assert.All(Secret().Matches(compose), secret => Assert.StartsWith("${", secret.Groups[1].Value));
    }

    private static JsonObject Services => DeployTree.Compose.At("services").AsObject();

    private static JsonNode Service(string name) => Services[name]!;

    [GeneratedRegex(@"\$\{(?<name>\w+)(?<otherwise>[^}]*)\}")]
    private static partial Regex Variable();

    [GeneratedRegex("(?:Password=|PASSWORD: \"|Secret: \")([^\\s\"]+)")]
    private static partial Regex Secret();
}
