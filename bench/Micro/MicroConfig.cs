using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;

namespace OrleansChat.Micro;

/// <summary>Each benchmark in a process of its own, with what it allocates; as a short job, where the command line names no other.</summary>
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
