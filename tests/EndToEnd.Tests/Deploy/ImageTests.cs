using OrleansChat.EndToEnd.Tests.LocalCluster;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// The images of the silo and of the gateway, run as containers. Building them takes minutes, so only <c>./test.sh
/// --all</c> runs these tests.
/// </summary>
[Trait("Run", "all"), Collection(DeploymentTests.Collection)]
public sealed class ImageTests(ContainerImages images) : IClassFixture<ContainerImages>
{
    /// <summary>
    /// A user like those that OpenShift assigns to projects. The user has no name and no home, and the group is root.
    /// </summary>
    private const string SomeUser = "1000650000:0";

    [Fact]
    public async Task Images_WhenRunAsTheBaseDoes_ServeChatAndStop()
    {
        images.Require();
        await using var cluster = await DeployedCluster.StartAsync(images, Workload.Kubernetes);
        foreach (var pod in cluster.Pods)
        {
            foreach (var probe in pod.Workload.Probes)
            {
                await pod.AnswersAsync(probe);
            }

            var status = await images.ProcessFileAsync(pod.Name, "status");
            var mounts = await images.ProcessFileAsync(pod.Name, "mounts");
            Assert.Matches(@"(?m)^Uid:\s+1654\s+1654\s+1654\s+1654$", status);
            Assert.Matches(@"(?m)^CapEff:\s+0+$", status);
            Assert.Matches(@"(?m)^CapBnd:\s+0+$", status);
            Assert.Matches(@"(?m)^NoNewPrivs:\s+1$", status);
            Assert.Matches(@"(?m)^\S+ / \S+ ro,", mounts);
            Assert.InRange(await images.ExecAsync(pod.Name, "sh"), 126, 127);
        }

        await DeploymentTests.ChatAsync(cluster);

        // The loader prints this line if the image lacks a library.
        Assert.All(cluster.Pods, pod => Assert.DoesNotContain(pod.Errors, line => line.Contains("cannot open shared object file", StringComparison.Ordinal)));
        await DeployedCluster.StopAsync(cluster.Pods);
    }

    [Fact]
    public async Task Images_WhenRunByAnotherUser_ServeChatAndStop()
    {
        images.Require();
        await using var cluster = await DeployedCluster.StartAsync(images.As(SomeUser), Workload.Compose);

        await DeploymentTests.ChatAsync(cluster);

        await DeployedCluster.StopAsync(cluster.Pods);
    }

    [Fact]
    public async Task SiloImage_WhenTheLogIsSqlite_WritesToItsVolumeOnly()
    {
        images.Require();
        var data = Directory.CreateTempSubdirectory("orleanschat-sqlite-");
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(data.FullName, (UnixFileMode)0b111_111_111); // The silo runs as another user, who must be able to write to this folder.
            }

            var alone = DeploymentTests.AloneWithSqlite(RunningLocalCluster.FreePorts(2));
            await using var silo = RunningPod.Start(images, alone, "silo", "", new Dictionary<string, string> { ["/data"] = data.FullName });
            await silo.ReadyAsync("/healthz/ready", alone.Ports["health"], TimeSpan.FromSeconds(60));
            await silo.StopAsync();

            Assert.True(data.GetFiles("chat.db") is [{ Length: > 0 }]);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Theory, InlineData("silo"), InlineData("gateway")]
    public async Task Image_WhenItIsBuilt_HoldsItsLicenseAndLabels(string program)
    {
        images.Require();
        var root = await images.PodmanAsync("image", "mount", $"orleanschat-{program}");
        var labels = await images.PodmanAsync("image", "inspect", "--format", "{{json .Labels}}", $"orleanschat-{program}");

        Assert.True(File.Exists(Path.Combine(root, "app", "LICENSE")));
        Assert.Contains("\"org.opencontainers.image.licenses\":\"MIT\"", labels);
        Assert.Contains("\"org.opencontainers.image.revision\":\"0123456\"", labels);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, "app"), "*.resources.dll", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, "app"), "Microsoft.CodeAnalysis*.dll", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, "app"), "*.dylib", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(root, "run"), "*", SearchOption.AllDirectories));
    }
}
