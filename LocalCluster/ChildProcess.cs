using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansChat.LocalCluster;

/// <summary>
/// One run of a child. It lives as long as its standard input is open, which only this process holds: closing it asks the child to stop, and
/// where this process is killed, the system closes it. The child ignores Ctrl-C, which a terminal sends to it as well.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process, ChildLog log)
    {
        _process = process;
        Ended = EndAsync(process, log);
    }

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Completes with the exit code, when the child has ended and all it said has been read.</summary>
    public Task<int> Ended { get; }

    /// <summary>True where it has ended, of the signal that a terminal sends for Ctrl-C.</summary>
    public bool DiedOfCtrlC => Ended is { IsCompletedSuccessfully: true, Result: 128 + 2 };

    /// <summary>Starts the program; throws <see cref="CannotStartException"/> where the system refuses.</summary>
    public static ChildProcess Start(ChildPlan plan, ChildLog log)
    {
        var start = new ProcessStartInfo(plan.Program)
        {
            WorkingDirectory = Path.GetDirectoryName(plan.Program)!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // The runtime that runs this program runs the children too, wherever it is installed.
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());
        foreach (var (path, value) in plan.Settings)
        {
            start.Environment[path.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        try
        {
            return new(Process.Start(start)!, log);
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            throw new CannotStartException($"{plan.Program} cannot be started: {refused.Message}.");
        }
    }

    /// <summary>How a process ended, for people: its exit code, or the signal that it died of.</summary>
    public static string Describe(int exitCode) => exitCode switch
    {
        > 128 and < 160 when !OperatingSystem.IsWindows() => (exitCode - 128) switch
        {
            6 => "was aborted (SIGABRT)",
            9 => "was killed (SIGKILL)",
            11 => "crashed (SIGSEGV)",
            15 => "was terminated (SIGTERM)",
            var signal => string.Create(CultureInfo.InvariantCulture, $"died of signal {signal}"),
        },
        _ => string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}"),
    };

    /// <summary>Asks the child to stop, then waits until it has, or until <paramref name="deadline"/>: then it is killed, and the answer is false.</summary>
    public async Task<bool> StopAsync(CancellationToken deadline)
    {
        _process.StandardInput.Close();
        try
        {
            await Ended.WaitAsync(deadline);
            return true;
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>Ends the child at once.</summary>
    public async Task KillAsync()
    {
        if (!Ended.IsCompleted)
        {
            _process.Kill();
        }

        await Ended;
    }

    public void Dispose() => _process.Dispose();

    private static async Task<int> EndAsync(Process process, ChildLog log)
    {
        await Task.WhenAll(log.ReadAsync(process.StandardOutput), log.ReadAsync(process.StandardError));
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
