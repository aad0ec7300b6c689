using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansChat.LocalCluster;

/// <summary>
/// One run of a child process, which is a silo or a gateway. The child stops when its standard input ends. The standard
/// input is a pipe from LocalCluster, which closes the pipe to stop the child. If LocalCluster is killed, the operating
/// system closes the pipe. If a user presses Ctrl-C, the terminal sends SIGINT to LocalCluster and to its children. A
/// child ignores SIGINT, except in the first moments of its start.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process, ProcessLog log)
    {
        _process = process;
        Ended = EndAsync(process, log);
    }

    public int Id => _process.Id;

    /// <summary>Completes with the exit code when the child has ended and all its output has been read.</summary>
    public Task<int> Ended { get; }

    /// <summary>True if the child was ended by SIGINT, the signal that a terminal sends for Ctrl-C.</summary>
    public bool DiedOfCtrlC => Ended is { IsCompletedSuccessfully: true, Result: 128 + 2 };

    /// <summary>
    /// Starts the program. Throws <see cref="CannotStartException"/> if the operating system cannot start it.
    /// </summary>
    public static ChildProcess Start(ProcessPlan plan, ProcessLog log)
    {
        var start = new ProcessStartInfo(plan.Program)
        {
            WorkingDirectory = Path.GetDirectoryName(plan.Program)!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // The child uses the .NET installation that runs this program, even if it is not the default installation.
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

    /// <summary>Returns a text that says how a process ended: with an exit code or by a signal.</summary>
    public static string Describe(int exitCode) => exitCode switch
    {
        > 128 and < 160 when !OperatingSystem.IsWindows() => (exitCode - 128) switch
        {
            6 => "was aborted (SIGABRT)",
            9 => "was killed (SIGKILL)",
            11 => "crashed (SIGSEGV)",
            15 => "was terminated (SIGTERM)",
            var signal => string.Create(CultureInfo.InvariantCulture, $"was ended by signal {signal}"),
        },
        _ => string.Create(CultureInfo.InvariantCulture, $"ended with exit code {exitCode}"),
    };

    /// <summary>
    /// Asks the child to stop and waits until it has stopped. If the child still runs when <paramref name="deadline"/>
    /// is cancelled, kills the child and returns false.
    /// </summary>
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

    /// <summary>Kills the child, without asking it to stop, and waits until it has ended.</summary>
    public async Task KillAsync()
    {
        if (!Ended.IsCompleted)
        {
            _process.Kill();
        }

        await Ended;
    }

    public void Dispose() => _process.Dispose();

    private static async Task<int> EndAsync(Process process, ProcessLog log)
    {
        await Task.WhenAll(log.ReadAsync(process.StandardOutput), log.ReadAsync(process.StandardError));
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
