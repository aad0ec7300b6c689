using System.Globalization;

namespace OrleansChat.ChatCheck.Tests.Mutants;

/// <summary>
/// Runs ChatCheck for a short time on a small cluster of the programs in <c>tests/Faulty</c>: one silo on SQLite, two
/// gateways.
/// </summary>
internal static class MutantRun
{
    private static readonly string[] Cluster = ["--store", "sqlite", "--gateways", "2", "--writers", "4", "--readers", "4", "--rooms", "4", "--followed", "4", "--seed", "5", "--presence", "off"];

    /// <summary>
    /// Runs ChatCheck with these options and those in <see cref="Cluster"/>. The <c>Faults:</c> settings in the options
    /// say which part of a program is faulty. Without such a setting, the programs have no fault.
    /// </summary>
    public static async Task<(int ExitCode, string Said)> OfAsync(int seconds, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "This test needs Linux: ChatCheck kills processes with signals.");
        var temporary = Directory.CreateTempSubdirectory("orleanschat-mutant-");
        try
        {
            return await RunningCheck.ToItsEndAsync(
                temporary.FullName,
                [
                    .. Cluster, .. options.Contains("--rate") ? (string[])[] : ["--rate", "150"], "--seconds", seconds.ToString(CultureInfo.InvariantCulture),
                    "--silo-program", Faulty("Silo"), "--gateway-program", Faulty("Gateway"), .. options,
                ]);
        }
        finally
        {
            temporary.Delete(recursive: true);
        }
    }

    /// <summary>Runs ChatCheck and asserts that it names the broken promise.</summary>
    public static Task CatchesAsync(string promise, int seconds, params string[] options) => CatchesAsync([promise], seconds, options);

    /// <summary>
    /// Runs ChatCheck and asserts that it names one of these promises. Which promise the fault breaks depends on the
    /// events that readers received before the fault.
    /// </summary>
    public static async Task CatchesAsync(string[] promises, int seconds, params string[] options)
    {
        var (exitCode, said) = await OfAsync(seconds, options);

        Assert.True(exitCode == 1, said);
        Assert.True(promises.Any(promise => said.Contains($"VIOLATION    {promise}: ", StringComparison.Ordinal)), said);
    }

    private static string Faulty(string program)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(here.Parent!.Parent!.Parent!.Parent!.FullName, "Faulty", program, "bin", here.Parent!.Name, here.Name, $"OrleansChat.Faulty.{program}");
    }
}
