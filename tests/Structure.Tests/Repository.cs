using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Xml.Linq;

namespace OrleansChat.Structure.Tests;

/// <summary>The source tree that contains these tests, and the assemblies that were built from it.</summary>
internal static class Repository
{
    private static readonly string Configuration = Directory.GetParent(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar))!.Name;

    /// <summary>The folder that contains the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Returns the folder names of the projects that a project references.</summary>
    public static IReadOnlyList<string> ProjectReferences(string project) =>
        [.. Elements(project, "ProjectReference").Select(path => Path.GetFileName(Path.GetDirectoryName(path.Replace('\\', '/'))!)).Order()];

    public static IReadOnlyList<string> PackageReferences(string project) => [.. Elements(project, "PackageReference").Order()];

    /// <summary>Returns the names of the assemblies that a project's built assembly references.</summary>
    public static IReadOnlyList<string> AssemblyReferences(string project) => Read(
        project, reader => reader.AssemblyReferences.Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name)));

    public static string AssemblyPath(string project) => Path.Combine(Root, project, "bin", Configuration, "net10.0", $"OrleansChat.{project}.dll");

    /// <summary>Returns the names of all types in a project's built assembly, without namespaces.</summary>
    public static IReadOnlyList<string> TypeNames(string project) => Read(
        project, reader => reader.TypeDefinitions.Select(handle => reader.GetString(reader.GetTypeDefinition(handle).Name)));

    /// <summary>
    /// Returns the names of the files that a build of the project copies from packages to the output. The project's
    /// deps.json lists these files.
    /// </summary>
    public static IReadOnlyList<string> RuntimeFiles(string project)
    {
        using var file = File.OpenRead(Path.Combine(Root, project, "bin", Configuration, "net10.0", $"OrleansChat.{project}.deps.json"));
        using var dependencies = JsonDocument.Parse(file);
        return [.. dependencies.RootElement.GetProperty("targets").EnumerateObject().SelectMany(target => target.Value.EnumerateObject())
            .SelectMany(package => package.Value.TryGetProperty("runtime", out var files) ? [.. files.EnumerateObject()] : Array.Empty<JsonProperty>())
            .Select(one => Path.GetFileName(one.Name))];
    }

    /// <summary>Returns the C# files of a folder, each with its text.</summary>
    public static IEnumerable<(string Path, string Text)> Sources(params string[] folder) =>
        Directory.EnumerateFiles(Path.Combine([Root, .. folder]), "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(Root, path), Text: File.ReadAllText(path)))
            .Where(source => !source.Path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    private static IReadOnlyList<string> Read(string project, Func<MetadataReader, IEnumerable<string>> read)
    {
        using var file = new PEReader(File.OpenRead(AssemblyPath(project)));
        return [.. read(file.GetMetadataReader()).Order()];
    }

    private static IEnumerable<string> Elements(string project, string name)
    {
        var file = Directory.GetFiles(Path.Combine(Root, project), "*.csproj").Single();
        return XDocument.Load(file).Descendants(name).Select(element => element.Attribute("Include")!.Value);
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OrleansChat.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("No parent folder of the tests contains OrleansChat.sln.");
    }
}
