using System.Text.RegularExpressions;

namespace OrleansChat.Structure.Tests;

/// <summary>
/// The allowed references are <c>Protocol ◄ Gateway ► Grains.Interfaces ◄ Grains ◄ Silo</c>. Gateway, Grains and Silo
/// also reference Streams. Inside the gateway they are <c>Fanout ► Sessions ► Connections</c>.
/// </summary>
public sealed partial class ArrowTests
{
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

    [Theory]
    [InlineData("Connections", "Sessions|Fanout")]
    [InlineData("Sessions", "Fanout")]
    public void GatewayFolder_WhenSearched_UsesNoFolderAboveIt(string folder, string above)
    {
        var upward = new Regex($@"using OrleansChat\.Gateway\.({above});|\b({above})\.[A-Z]");

        Assert.All(Repository.Sources("Gateway", folder), source => Assert.DoesNotMatch(upward, source.Text));
    }

    [Fact]
    public void Connections_WhenSearched_UseNoGrains()
    {
        Assert.All(Repository.Sources("Gateway", "Connections"), source => Assert.DoesNotContain("using OrleansChat.Grains", source.Text));
    }

    [Fact]
    public void Sessions_WhenSearched_UseNoSocket()
    {
        Assert.All(Repository.Sources("Gateway", "Sessions"), source => Assert.DoesNotMatch(Socket(), source.Text));
    }

    [Fact]
    public void FrameMapping_WhenSearched_IsInOneFile()
    {
        var mapping = Repository.Sources("Gateway").Where(source => source.Text.Contains("EventKind.Unreact", StringComparison.Ordinal));

        Assert.Equal(["Frames.cs"], mapping.Select(source => Path.GetFileName(source.Path)));
    }

    [GeneratedRegex(@"System\.Net\.(WebSockets|Sockets)|\bWebSocket\b|\bHttpContext\b")]
    private static partial Regex Socket();
}
