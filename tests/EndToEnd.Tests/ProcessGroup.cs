using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansChat.EndToEnd.Tests;

/// <summary>
/// A program in a process group of its own, as a terminal runs its foreground job: one signal reaches it and all that it started. Whatever is
/// left of the group at the end is killed. Linux only; elsewhere the test is skipped.
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

    /// <summary>The id of the program, and of its group.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the program has ended.</summary>
    public bool HasEnded => _ended.IsCompleted;

    /// <summary>The lines of standard output so far.</summary>
    public string[] Output => Copy(_output);

    /// <summary>The lines of standard error so far.</summary>
    public string[] Errors => Copy(_errors);

    public static ProcessGroup Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Process groups are started with setsid, which is Linux's.");
        var start = new ProcessStartInfo("setsid", [program, .. arguments])
        {
            RedirectStandardInput = true, // A terminal's; nobody types.
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new(Process.Start(start)!);
    }

    /// <summary>The first line of standard output that holds <paramref name="text"/>, now or within <paramref name="within"/>.</summary>
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

            Assert.False(over, $"'{text}' was awaited for {Stopwatch.GetElapsedTime(started)}. {Told()}");
            await Task.Delay(Poll, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The exit code, awaited no longer than <paramref name="within"/>.</summary>
    public async Task<int> ExitAsync(TimeSpan within)
    {
        try
        {
            await _ended.WaitAsync(within, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Its end was awaited for {within}. {Told()}");
        }

        return _process.ExitCode;
    }

    /// <summary>Waits until no process of the group is left.</summary>
    public async Task EmptyAsync(TimeSpan within)
    {
        for (var started = Stopwatch.GetTimestamp(); Members() is { Length: > 0 } left; await Task.Delay(Poll, TestContext.Current.CancellationToken))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < within, $"After {within} there are still {string.Join(", ", left)}. {Told()}");
        }
    }

    /// <summary>Sends a signal to the whole group, as a terminal does with Ctrl-C (INT).</summary>
    public Task SignalAllAsync(string signal) => SignalAsync(signal, -Id);

    /// <summary>Sends a signal to one process.</summary>
    public static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", ["-s", signal, "--", process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>The living processes of the group: name and id.</summary>
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
            // pid (name) state ppid pgrp …, and a name may hold anything.
            var stat = File.ReadAllText(Path.Combine(directory, "stat"));
            var name = stat[..(stat.LastIndexOf(')') + 1)];
            var rest = stat[(name.Length + 1)..].Split(' ');
            return rest[0] is not "Z" && rest[2] == Id.ToString(CultureInfo.InvariantCulture) ? name : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null; // Not a process, or no longer one.
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
        var told = new StringBuilder("It said:").AppendLine();
        foreach (var line in Output.TakeLast(60).Concat(Errors))
        {
            told.AppendLine(CultureInfo.InvariantCulture, $"  {line}");
        }

        return told.ToString();
    }
}
