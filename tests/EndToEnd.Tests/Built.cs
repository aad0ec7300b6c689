namespace OrleansChat.EndToEnd.Tests;

/// <summary>
/// The paths of the programs under test. The programs are built in the same configuration (Debug or Release) as the
/// tests.
/// </summary>
internal static class Built
{
    public static string LocalCluster => Program("LocalCluster");

    public static string Silo => Program("Silo");

    public static string Gateway => Program("Gateway");

    /// <summary>A gateway with faults that a test can switch on.</summary>
    public static string FaultyGateway => Program("tests/Faulty/Gateway", "Faulty.Gateway");

    /// <summary>A silo with faults that a test can set. A test can also measure the memory of this silo.</summary>
    public static string FaultySilo => Program("tests/Faulty/Silo", "Faulty.Silo");

    private static string Program(string project) => Program(project, project);

    private static string Program(string folder, string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = here.Parent!.Name;
        var tree = here.Parent!.Parent!.Parent!.Parent!.Parent!;
        return Path.Combine(tree.FullName, folder, "bin", configuration, here.Name, $"OrleansChat.{project}");
    }
}
