using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace OrleansChat.Simulation.Tests.Parts;

/// <summary>Runs a background service on the caller's node, not on a thread of its own as a host does.</summary>
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
