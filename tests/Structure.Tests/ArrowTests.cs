using Mono.Cecil;

namespace OrleansChat.Structure.Tests;

/// <summary>
/// Checks which projects and folders use each other. An arrow points to what is used. Between projects:
/// <c>Protocol ◄ Gateway ► Grains.Interfaces ◄ Grains ◄ Silo</c>. Gateway, Grains and Silo may also reference
/// ProcessHosting and Streams. Between the gateway's folders:
/// <c>Cluster ► Fanout ► Sessions ► Frames ► Connections</c> and <c>Endpoint ► Sessions, Connections, Access</c>.
/// </summary>
public sealed class ArrowTests : IDisposable
{
    private const string GatewayNamespace = "OrleansChat.Gateway.";

    /// <summary>Frames that contain what a grain returned or published.</summary>
    private static readonly string[] FramesOfGrainRecords = ["BlockList", "ChatEvent", "ConversationChanged", "ConversationList", "Invited", "Joined", "MarkMoved", "MemberList", "Page", "Presence", "ReaderList", "ReportList", "TypingNow", "WhoIs"];

    /// <summary>Frames that the gateway itself creates. Some of them report that a grain refused a command.</summary>
    private static readonly string[] FramesOfTheGateway = ["Bye", "Err", "Gap", "Left", "Ok", "Pong", "Welcome"];

    private ModuleDefinition Gateway { get; } = CompiledTypes.Read("Gateway");

    /// <summary>The gateway's folders, each with the folders that it may use.</summary>
    public static TheoryData<string, string[]> Folders => new()
    {
        { "Access", [] },
        { "Connections", [] },
        { "Frames", ["Connections"] },
        { "Sessions", ["Access", "Connections", "Frames"] },
        { "Fanout", ["Connections", "Frames", "Sessions"] },
        { "Cluster", ["Connections", "Fanout", "Frames", "Sessions"] },
        { "Endpoint", ["Access", "Connections", "Sessions"] },
    };

    public static TheoryData<string, string[]> Arrows => new()
    {
        { "Protocol", [] },
        { "Grains.Interfaces", [] },
        { "ProcessHosting", [] },
        { "Streams", [] },
        { "Grains", ["Grains.Interfaces", "ProcessHosting", "Streams"] },
        { "Silo", ["Grains", "Grains.Interfaces", "ProcessHosting", "Streams"] },
        { "Gateway", ["Grains.Interfaces", "ProcessHosting", "Protocol", "Streams"] },
    };

    [Theory, MemberData(nameof(Arrows))]
    public void ProjectFile_WhenRead_ReferencesOnlyAllowedProjects(string project, string[] allowed)
    {
        Assert.Subset(allowed.ToHashSet(), Repository.ProjectReferences(project).ToHashSet());
    }

    [Theory, MemberData(nameof(Arrows))]
    public void Assembly_WhenBuilt_ReferencesOnlyAllowedAssemblies(string project, string[] allowed)
    {
        var ours = Repository.AssemblyReferences(project).Where(name => name.StartsWith("OrleansChat.", StringComparison.Ordinal));

        Assert.Subset(allowed.Select(name => $"OrleansChat.{name}").ToHashSet(), ours.ToHashSet());
    }

    [Theory]
    [InlineData("Gateway")]
    [InlineData("Silo")]
    public void FaultyProgram_WhenBuilt_ReferencesOnlyTheProgramItBreaks(string program)
    {
        Assert.Equal([program], Repository.ProjectReferences($"tests/Faulty/{program}"));
    }

    [Fact]
    public void Protocol_WhenBuilt_ReferencesOnlyTheBaseClassLibrary()
    {
        Assert.Empty(Repository.PackageReferences("Protocol"));
        Assert.All(Repository.AssemblyReferences("Protocol"), name => Assert.StartsWith("System.", name));
    }

    [Fact]
    public void GrainContracts_WhenBuilt_ReferenceOnlyTheOrleansSdk()
    {
        Assert.Equal(["Microsoft.Orleans.Sdk"], Repository.PackageReferences("Grains.Interfaces"));
    }

    [Fact]
    public void ChatCheck_WhenBuilt_SharesNoCodeWithGatewaysAndSilos()
    {
        Assert.Empty(Repository.ProjectReferences("tools/Postgres"));
        Assert.Equal(["LocalCluster", "Postgres"], Repository.ProjectReferences("tools/chatcheck"));
        Assert.All(Repository.Sources("tools", "chatcheck"), source => Assert.DoesNotContain("using OrleansChat.Protocol", source.Text));
    }

    [Fact]
    public void Benchmarks_WhenBuilt_ReferenceOnlyTheListedProjects()
    {
        Assert.Equal(["LocalCluster", "Postgres", "SignalRPeer"], Repository.ProjectReferences("bench/Load"));
        Assert.Equal(["Gateway", "Grains"], Repository.ProjectReferences("bench/Micro"));
    }

    [Fact]
    public void Grains_WhenBuilt_DoNotReferenceAspNetCore()
    {
        Assert.DoesNotContain(Repository.AssemblyReferences("Grains"), name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Folders))]
    public void GatewayFolder_WhenCompiled_UsesOnlyTheFoldersBelow(string folder, string[] allowed)
    {
        var used = Namespaces(folder).Where(name => name.StartsWith(GatewayNamespace, StringComparison.Ordinal)).Select(name => name[GatewayNamespace.Length..]);

        Assert.Subset(allowed.Append(folder).ToHashSet(), used.ToHashSet());
    }

    [Fact]
    public void GatewayFolder_WhenItExists_IsInTheListOfArrows()
    {
        var folders = Gateway.Types.Where(type => type.Namespace.StartsWith(GatewayNamespace, StringComparison.Ordinal)).Select(type => type.Namespace[GatewayNamespace.Length..]);

        Assert.Equal(Folders.Select(row => row.Data.Item1).Order(), folders.Distinct().Order());
    }

    [Theory]
    [InlineData("Access")]
    [InlineData("Connections")]
    [InlineData("Endpoint")]
    public void GatewayFolder_WhenItServesClients_UsesNoGrains(string folder)
    {
        Assert.DoesNotContain("OrleansChat.Grains.Interfaces", Namespaces(folder));
    }

    [Fact]
    public void Sessions_WhenCompiled_UseNoSocket()
    {
        Assert.DoesNotContain(Namespaces("Sessions"), name => name is "System.Net.Sockets" or "System.Net.WebSockets");
        Assert.DoesNotContain(Types("Sessions").SelectMany(CompiledTypes.Used), type => type.Name is "HttpContext" or "HttpRequest" or "HttpResponse");
    }

    [Fact]
    public void GrainRecord_WhenSentToAClient_IsMappedInOneFile()
    {
        var creators = Gateway.Types.SelectMany(CompiledTypes.Bodies).SelectMany(method => CompiledTypes.Created(method).Select(created => (method, created)))
            .Where(one => FramesOfGrainRecords.Contains(one.created.Name) && one.created.Namespace == "OrleansChat.Protocol")
            .Select(one => CompiledTypes.Outermost(one.method.DeclaringType).Name);

        Assert.Equal(["FrameMapping"], creators.Distinct());
    }

    [Fact]
    public void Frame_WhenItExists_IsOfAGrainRecordOrOfTheGatewayItself()
    {
        using var protocol = CompiledTypes.Read("Protocol");

        var frames = protocol.Types.Where(type => type.BaseType?.Name == "ServerFrame").Select(type => type.Name);

        Assert.Equal(FramesOfGrainRecords.Concat(FramesOfTheGateway).Order(), frames.Order());
    }

    public void Dispose() => Gateway.Dispose();

    private IEnumerable<TypeDefinition> Types(string folder) => Gateway.Types.Where(type => type.Namespace == GatewayNamespace + folder);

    private HashSet<string> Namespaces(string folder) => [.. Types(folder).SelectMany(CompiledTypes.Used).Select(type => CompiledTypes.Outermost(type).Namespace)];
}
