using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;

namespace OrleansChat.Micro;

/// <summary>
/// Runs each benchmark in its own process and measures allocations. Uses BenchmarkDotNet's short job unless the command
/// line names another job.
/// </summary>
internal sealed class MicroConfig : ManualConfig
{
    public MicroConfig(string[] args)
    {
        if (!args.Any(arg => arg is "--job" or "-j"))
        {
            AddJob(Job.ShortRun);
        }

        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumnProvider(DefaultColumnProviders.Instance);
        AddLogger(ConsoleLogger.Default);
        ArtifactsPath = Path.Combine(Path.GetTempPath(), "orleanschat-micro");
    }
}
