using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>Runs a background service on the caller's simulated node. A host would use a separate thread.</summary>
internal static class Background
{
    private static readonly MethodInfo Execute = typeof(BackgroundService).GetMethod("ExecuteAsync", BindingFlags.Instance | BindingFlags.NonPublic)!;

    public static async Task RunAsync(BackgroundService service, CancellationToken stopping)
    {
        try
        {
            await Execute.CreateDelegate<Func<CancellationToken, Task>>(service)(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The service has stopped.
        }
    }
}
