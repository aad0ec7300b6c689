using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>Checks the compose file: two silos, two gateways, one database, and no secret.</summary>
public sealed partial class ComposeTests
{
    public static TheoryData<string> All => [.. Services.Select(service => service.Key)];

    public static TheoryData<string> Ours => ["silo-1", "silo-2", "gateway-1", "gateway-2"];

    [Fact]
    public void ComposeFile_WhenRead_DefinesTheExpectedServices()
    {
        Assert.Equal(["gateway-1", "gateway-2", "gateway-role", "postgres", "silo-1", "silo-2"], Services.Select(service => service.Key).Order());
    }

    [Theory, MemberData(nameof(Ours))]
    public void Process_WhenStarted_HasOnlyTheRightsItNeeds(string name)
    {
        var service = Service(name);
        var image = name.StartsWith("silo", StringComparison.Ordinal) ? Dockerfile.Silo : Dockerfile.Gateway;

        Assert.Equal("unless-stopped", service.At("restart").Text());
        Assert.True(service.At("read_only").GetValue<bool>());
        Assert.Equal(image.User, service.At("user").Text());
        Assert.Equal(["ALL"], service.At("cap_drop").Items().Select(DeployTree.Text));
        Assert.Equal(["no-new-privileges:true"], service.At("security_opt").Items().Select(DeployTree.Text));
        Assert.True(File.Exists(Path.Combine(Repository.Root, service.At("build/dockerfile").Text())));
    }

    [Theory, MemberData(nameof(All))]
    public void Service_WhenItRunsLong_StaysWithinItsBounds(string name)
    {
        var service = Service(name);

        Assert.Equal("local", service.At("logging/driver").Text());
        Assert.NotNull(service.Find("logging/options/max-size"));
        Assert.NotNull(service.Find("logging/options/max-file"));
        Assert.NotNull(service.Find("mem_limit"));
        Assert.Equal(["ALL"], service.At("cap_drop").Items().Select(DeployTree.Text));
        Assert.Equal(["no-new-privileges:true"], service.At("security_opt").Items().Select(DeployTree.Text));
        Assert.NotEqual("root", service.At("user").Text());
    }

    [Theory, InlineData("gateway-1"), InlineData("gateway-2")]
    public void Gateway_WhenItsBoundsAreReached_HasFileDescriptorsLeft(string name)
    {
        var (service, sockets) = (Service(name), 0);
        foreach (var bound in (string[])["Connections__MaxConnections", "Http__Sockets"])
        {
            sockets += int.Parse(service.At($"environment/{bound}").Text(), CultureInfo.InvariantCulture);
        }

        Assert.True(service.At("ulimits/nofile").Number() > 2 * sockets);
    }

    [Theory, InlineData("silo-1"), InlineData("silo-2")]
    public void Silo_WhenTheRangeChanges_AdvertisesItsOwnAddress(string name)
    {
        var address = Service(name).At("networks/cluster/ipv4_address").Text();
        var range = DeployTree.Compose.At("networks/cluster/ipam/config").Items().Single();

        Assert.Equal(address, Service(name).At("environment/Silo__Address").Text());
        Assert.True(IPNetwork.Parse(DeployTree.WithDefaults(range.At("subnet").Text())).Contains(IPAddress.Parse(DeployTree.WithDefaults(address))));
        Assert.All(
            (string[])[address, range.At("subnet").Text(), range.At("ip_range").Text()], text => Assert.StartsWith("${CLUSTER_RANGE:-172.30.111}.", text));
    }

    [Fact]
    public void FrontNetwork_WhenAProxyIsOnIt_ReachesOnlyGateways()
    {
        Assert.Equal(["cluster", "database", "front"], DeployTree.Compose.At("networks").AsObject().Select(network => network.Key).Order());
        Assert.All((string[])["cluster", "database"], network => Assert.True(DeployTree.Compose.At($"networks/{network}/internal").GetValue<bool>()));
        Assert.All(Services, service => Assert.Equal(service.Key switch
        {
            "postgres" or "gateway-role" => ["database"],
            "silo-1" or "silo-2" => ["cluster", "database"],
            _ => ["cluster", "database", "front"],
        }, Networks(service.Value!)));
    }

    [Theory, InlineData("gateway-1"), InlineData("gateway-2")]
    public void Gateway_WhenCompromised_HoldsNoSecretOfSilosOrIssuers(string name)
    {
        var environment = Service(name).At("environment").AsObject();

        Assert.Contains("Username=orleanschat_gateway;", environment["Cluster__ConnectionString"]!.Text(), StringComparison.Ordinal);
        Assert.Equal("/run/secrets/identity-public-key", environment["Identity__Keys__0__PublicKeyFile"]!.Text());
        Assert.Equal(["identity-public-key"], Service(name).At("secrets").Items().Select(DeployTree.Text));
        Assert.Equal("./identity.pub.pem", DeployTree.Compose.At("secrets/identity-public-key/file").Text());
    }

    [Theory, InlineData("gateway-1", 8080), InlineData("gateway-2", 8081)]
    public void GatewayPort_WhenPublished_IsOpenOnlyOnThisMachine(string name, int port)
    {
        Assert.Equal([$"127.0.0.1:{port}:{Dockerfile.Gateway.Ports.Single()}"], Service(name).At("ports").Items().Select(item => DeployTree.WithDefaults(item.Text())));
    }

    [Fact]
    public void ComposeFile_WhenItNeedsASecret_RequiresAVariable()
    {
        var compose = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "compose.yaml"));
        var variables = Variable().Matches(compose).ToLookup(variable => variable.Groups["otherwise"].Value[..2], variable => variable.Groups["name"].Value);
        var example = File.ReadAllLines(Path.Combine(Repository.Root, "deploy", ".env.example")).Where(line => line.Contains('=')).ToLookup(line => line[0] == '#', line => line.TrimStart('#', ' '));

        Assert.Equal([":-", ":?"], variables.Select(variable => variable.Key).Order(StringComparer.Ordinal));
        Assert.Equal(variables[":?"].Distinct().Order().Select(name => $"{name}="), example[false].Order());
        Assert.Equal(variables[":-"].Distinct().Order(), example[true].Select(line => line.Split('=')[0]).Order());
        Assert.All(Secret().Matches(compose), secret => Assert.StartsWith("${", secret.Groups[1].Value));
    }

    private static JsonObject Services => DeployTree.Compose.At("services").AsObject();

    private static IEnumerable<string> Networks(JsonNode service) =>
        (service.At("networks") is JsonObject map ? map.Select(network => network.Key) : service.At("networks").Items().Select(DeployTree.Text)).Order();

    private static JsonNode Service(string name) => Services[name]!;

    [GeneratedRegex(@"\$\{(?<name>\w+)(?<otherwise>[^}]*)\}")]
    private static partial Regex Variable();

    [GeneratedRegex("(?:Password=|PASSWORD: \"|Secret: \")([^\\s\"]+)")]
    private static partial Regex Secret();
}
