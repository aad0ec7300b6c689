using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansChat.EndToEnd.Tests;

/// <summary>
/// A program in its own process group, like the foreground job of a terminal: one signal can reach the program and all
/// its children. Dispose kills the processes that remain. On systems other than Linux, <see cref="Start"/> skips the
/// test.
/// </summary>
internal sealed class ProcessGroup : IAsyncDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _output = [];
    private readonly List<string> _errors = [];
    private readonly Task _ended;

    private ProcessGroup(Process process)
    {
        _process = process;
        _ended = Task.WhenAll(ReadAsync(process.StandardOutput, _output), ReadAsync(process.StandardError, _errors), process.WaitForExitAsync());
    }

    /// <summary>The process id of the program, which is also the id of the group.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the program has ended, and all its output has been read.</summary>
    public bool HasEnded => _ended.IsCompleted;

    /// <summary>The lines of standard output so far.</summary>
    public string[] Output => Copy(_output);

    /// <summary>The lines of standard error so far.</summary>
    public string[] Errors => Copy(_errors);

    public static ProcessGroup Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The test starts a process group with setsid, which only Linux has.");
        var start = new ProcessStartInfo("setsid", [program, .. arguments])
        {
            RedirectStandardInput = true, // The program gets no input, as in a terminal in which nobody types.
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start)!);
    }

    /// <summary>
    /// Waits up to <paramref name="within"/> for a line of standard output that contains <paramref name="text"/>.
    /// Returns the first such line.
    /// </summary>
    public async Task<string> LineAsync(string text, TimeSpan within)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var over = _ended.IsCompleted || Stopwatch.GetElapsedTime(started) > within;
            if (Array.Find(Output, line => line.Contains(text, StringComparison.Ordinal)) is { } found)
            {
                return found;
            }

            Assert.False(over, $"Waited {Stopwatch.GetElapsedTime(started)} for a line with '{text}'. {Told()}");
            await Task.Delay(Poll, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits up to <paramref name="within"/> for the end of the program, and returns its exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan within)
    {
        try
        {
            await _ended.WaitAsync(within, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The program did not end within {within}. {Told()}");
        }

        return _process.ExitCode;
    }

    /// <summary>Waits until all processes of the group have ended. Fails after <paramref name="within"/>.</summary>
    public async Task EmptyAsync(TimeSpan within)
    {
        for (var started = Stopwatch.GetTimestamp(); Members() is { Length: > 0 } left; await Task.Delay(Poll, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < within, $"These processes did not end within {within}: {string.Join(", ", left)}. {Told()}");
        }
    }

    /// <summary>Sends a signal to the whole group, as a terminal does with Ctrl-C (INT).</summary>
    public Task SignalAllAsync(string signal) => SignalAsync(signal, -Id);

    public static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", ["-s", signal, "--", process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Returns the running processes of the group, each with its id and name.</summary>
    public string[] Members() => [.. Directory.EnumerateDirectories("/proc").Select(Member).OfType<string>()];

    public async ValueTask DisposeAsync()
    {
        if (Members().Length > 0)
        {
            await SignalAllAsync("KILL");
        }

        await _ended;
        _process.Dispose();
    }

    private string? Member(string directory)
    {
        try
        {
            // The format of the file stat is: pid (name) state ppid pgrp … The name may contain any character.
            var stat = File.ReadAllText(Path.Combine(directory, "stat"));
            var name = stat[..(stat.LastIndexOf(')') + 1)];
            var rest = stat[(name.Length + 1)..].Split(' ');
            return rest[0] is not "Z" && rest[2] == Id.ToString(CultureInfo.InvariantCulture) ? name : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // The directory does not belong to a process, or the process has ended.
        }
    }

    private async Task ReadAsync(StreamReader reader, List<string> lines)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lock)
            {
                lines.Add(line);
            }
        }
    }

    private string[] Copy(List<string> lines)
    {
        lock (_lock)
        {
            return [.. lines];
        }
    }

    private string Told()
    {
        var told = new StringBuilder("The output:").AppendLine();
        foreach (var line in Output.TakeLast(60).Concat(Errors))
        {
            told.AppendLine(CultureInfo.InvariantCulture, $"  {line}");
        }

        return told.ToString();
    }
}
