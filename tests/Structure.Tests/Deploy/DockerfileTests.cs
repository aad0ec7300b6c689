using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>
/// Checks the Dockerfiles without building the images. EndToEnd.Tests runs the steps of their build stages.
/// </summary>
public sealed class DockerfileTests
{
    public static TheoryData<string> Programs => ["Silo", "Gateway"];

    [Theory, MemberData(nameof(Programs))]
    public void Dockerfile_WhenBuilt_CopiesEveryReferencedProject(string program)
    {
        var image = Of(program);
        var copied = image.Copies.SelectMany(copy => copy.Sources).ToArray();

        foreach (var project in WithReferences(program))
        {
            Assert.Contains($"{project}/OrleansChat.{project}.csproj", copied); // The restore needs the project files.
            Assert.Contains($"{project}/", copied);
        }

        Assert.All(copied, source => Assert.True(Path.Exists(Path.Combine(Repository.Root, source)), $"{source} does not exist."));
        Assert.Contains(".editorconfig", copied); // Warnings are errors, and this file configures them.
    }

    [Theory, MemberData(nameof(Programs))]
    public void Image_WhenStarted_RunsThePublishedProgram(string program)
    {
        var image = Of(program);

        Assert.Equal($"{program}/OrleansChat.{program}.csproj", image.Project);
        Assert.Equal(["dotnet", $"OrleansChat.{program}.dll"], image.EntryPoint);
        Assert.Equal(2, image.Bases);
    }

    [Theory, MemberData(nameof(Programs))]
    public void Image_WhenStarted_NeedsNeitherRootNorAShell(string program)
    {
        var image = Of(program);

        Assert.EndsWith("-chiseled", image.Base);
        Assert.Matches("^[1-9][0-9]*:[1-9][0-9]*$", image.User); // If the user is not a number, Kubernetes cannot check that the user is not root.
        Assert.Equal("0", image.Environment["DOTNET_EnableDiagnostics"]);
    }

    [Theory, MemberData(nameof(Programs))]
    public void Image_WhenDeployed_ExposesThePortsOfTheManifests(string program)
    {
        var workload = Workload.Kubernetes.Single(workload => workload.Program == program);

        Assert.Equal(workload.Ports.Values.Order(), Of(program).Ports.Order());
    }

    [Theory, MemberData(nameof(Programs))]
    public void Restore_WhenTheFeedIsPrivate_UsesItsConfigAndCa(string program)
    {
        var options = Of(program).BuildOptions.ToArray();

        Assert.Contains("--mount=type=secret,id=nuget.config,target=/run/secrets/nuget.config", options);
        Assert.Contains("--mount=type=secret,id=ca.crt,target=/etc/ssl/certs/build-ca.crt", options);
        Assert.Contains(options, option => option.StartsWith("--mount=type=cache,", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Programs))]
    public void Image_WhenDistributed_HasLabelsAndTheLicense(string program)
    {
        var image = Of(program);

        Assert.Equal(
            ["title", "licenses", "version", "revision", "source"],
            image.Labels.Select(label => label.Replace("org.opencontainers.image.", "", StringComparison.Ordinal)));
        Assert.Equal(["LICENSE"], image.Added.SelectMany(copy => copy.Sources));
    }

    [Theory, MemberData(nameof(Programs))]
    public void Program_WhenBuilt_LeavesOutTheCompiler(string program)
    {
        var files = Repository.RuntimeFiles(program);

        Assert.Contains("Orleans.Core.dll", files);
        Assert.DoesNotContain(files, file => file.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal) || file == "Humanizer.dll");
    }

    [Fact]
    public void DockerIgnore_WhenRead_ExcludesBuildOutputAndSecrets()
    {
        var ignored = File.ReadAllLines(Path.Combine(Repository.Root, ".dockerignore"));

        Assert.Empty(((string[])["**/bin", "**/obj", ".git", "deploy/.env", "deploy/*.pem"]).Except(ignored));
    }

    private static Dockerfile Of(string program) => program == "Silo" ? Dockerfile.Silo : Dockerfile.Gateway;

    private static IEnumerable<string> WithReferences(string project) =>
        Repository.ProjectReferences(project).SelectMany(WithReferences).Append(project).Distinct();
}
