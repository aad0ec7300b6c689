using Microsoft.Extensions.Options;

namespace OrleansChat.Hosting;

/// <summary>A process from composition to exit code.</summary>
internal static class ProcessRun
{
    /// <summary>What the line begins with that says why a process ended. LocalCluster looks for it.</summary>
    public const string FatalPrefix = "fatal: ";

    /// <summary>
    /// Composes the host and runs it until it is told to stop: 0. Where it cannot start, or fails: 1, after one line on standard error
    /// that says why, for whoever reads only that; the log has the stack trace.
    /// </summary>
    public static async Task<int> RunAsync(Func<IHost> compose)
    {
        var stopping = CancellationToken.None;
        try
        {
            var host = compose();
            stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
            await host.RunAsync();
            return Environment.ExitCode; // 0, unless a service ended the process for a reason of its own.
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return 0; // Told to stop while it was starting.
        }
        catch (Exception failure)
        {
            await Console.Error.WriteLineAsync(FatalPrefix + Reason(failure));
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
