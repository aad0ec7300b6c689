using OrleansChat.Testing.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>What can be said of the images without building them. EndToEnd.Tests does what their build stages do.</summary>
public sealed class DockerfileTests
{
    public static TheoryData<string> Programs => ["Silo", "Gateway"];

    [Theory, MemberData(nameof(Programs))]
    public void Dockerfile_Copies_EveryProjectThatTheProgramReferences(string program)
    {
        var image = Of(program);
        var copied = image.Copies.SelectMany(copy => copy.Sources).ToArray();

        foreach (var project in WithReferences(program))
        {
            Assert.Contains($"{project}/OrleansChat.{project}.csproj", copied); // For the restore.
            Assert.Contains($"{project}/", copied);
        }

        Assert.All(copied, source => Assert.True(Path.Exists(Path.Combine(Repository.Root, source)), $"{source} is not there."));
        Assert.Contains(".editorconfig", copied); // Warnings are errors, and it says which ones there are.
    }

    [Theory, MemberData(nameof(Programs))]
    public void Dockerfile_Runs_WhatItPublishes(string program)
    {
        var image = Of(program);

        Assert.Equal($"{program}/OrleansChat.{program}.csproj", image.Project);
        Assert.Equal(["dotnet", $"OrleansChat.{program}.dll"], image.EntryPoint);
        Assert.Equal(2, image.Bases);
    }

    [Theory, MemberData(nameof(Programs))]
    public void Image_NeedsNeitherRootNorAShell(string program)
    {
        var image = Of(program);

        Assert.EndsWith("-chiseled", image.Base);
        Assert.Matches("^[1-9][0-9]*:[1-9][0-9]*$", image.User); // Kubernetes can only see of a number that it is not root.
        Assert.Equal("0", image.Environment["DOTNET_EnableDiagnostics"]);
    }

    [Theory, MemberData(nameof(Programs))]
    public void Image_ExposesThePortsThatTheManifestsUse(string program)
    {
        var workload = Workload.Kubernetes.Single(workload => workload.Program == program);

        Assert.Equal(workload.Ports.Values.Order(), Of(program).Ports.Order());
    }

    [Fact]
    public void BuildLeftovers_StayOutOfTheImages()
    {
        var ignored = File.ReadAllLines(Path.Combine(Repository.Root, ".dockerignore"));

        Assert.Empty(((string[])["**/bin", "**/obj", ".git", "deploy/.env"]).Except(ignored));
    }

    private static Dockerfile Of(string program) => program == "Silo" ? Dockerfile.Silo : Dockerfile.Gateway;

    private static IEnumerable<string> WithReferences(string project) =>
        Repository.ProjectReferences(project).SelectMany(WithReferences).Append(project).Distinct();
}
