using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansChat.ProcessHosting;

/// <summary>Composes and runs the host of a process, and returns the exit code of the process.</summary>
public static class ProcessRun
{
    /// <summary>The beginning of the line that says why a process ended. LocalCluster looks for this prefix.</summary>
    public const string FatalPrefix = "fatal: ";

    /// <summary>
    /// Composes the host and runs it until it is stopped. If the host cannot be composed, cannot start or fails, writes
    /// one line with the reason to standard error. If the host was composed, its log has the stack trace.
    /// </summary>
    /// <returns>The exit code. After a failure: 1. After a stop: 0, or the code that a service has set.</returns>
    public static async Task<int> RunAsync(Func<IHost> compose)
    {
        var stopping = CancellationToken.None;
        try
        {
            var host = compose();
            stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            await host.RunAsync();
            return Environment.ExitCode; // 0, unless a service set another exit code.
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return 0; // Stopped while it was starting.
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync(FatalPrefix + Reason(exception));
            return 1;
        }
    }

    private static string Reason(Exception failure) => failure switch
    {
        OptionsValidationException invalid => OneLine(string.Join(" ", invalid.Failures)),
        AggregateException { InnerException: { } first } => Reason(first),
        { InnerException: { } inner } when !failure.Message.Contains(inner.Message, StringComparison.Ordinal) =>
            $"{OneLine(failure.Message).TrimEnd('.', ':')}: {Reason(inner)}",
        _ => OneLine(failure.Message),
    };

    private static string OneLine(string text) => string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
