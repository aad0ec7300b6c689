namespace OrleansChat.LocalCluster;

/// <summary>
/// Forwards a child's log to the console. Until the child is ready for the first time, lines are buffered. If the child
/// cannot start and prints the reason, the buffered lines are not shown, because the reason is enough. Two readers may
/// run at the same time, one for standard output and one for standard error.
/// </summary>
internal sealed class ProcessLog(string name, ConsoleOutput screen)
{
    /// <summary>
    /// Prefix of the line in which a child says why it ends. This constant must be the same as
    /// <c>ProcessRun.FatalPrefix</c>, which the child uses.
    /// </summary>
    public const string FatalPrefix = "fatal: ";

    // The maximum number of buffered lines.
    private const int MaxHeld = 500;

    // The number of lines that are printed for a child that does not become ready and prints no reason.
    private const int Tail = 10;

    private readonly Lock _lock = new();
    private readonly Queue<string> _held = [];
    private bool _open;

    /// <summary>The reason that the child printed for its end; null if it printed no reason.</summary>
    public string? Reason { get; private set; }

    /// <summary>Reads one of the child's output streams until the child ends.</summary>
    public async Task ReadAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            Add(line);
        }
    }

    /// <summary>Prints the buffered lines. From now on each line is printed as it arrives.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _open = true;
            while (_held.TryDequeue(out var line))
            {
                screen.Show(name, line);
            }
        }
    }

    /// <summary>Returns the last buffered lines, oldest first.</summary>
    public IReadOnlyList<string> Last()
    {
        lock (_lock)
        {
            return [.. _held.TakeLast(Tail)];
        }
    }

    private void Add(string line)
    {
        lock (_lock)
        {
            if (line.StartsWith(FatalPrefix, StringComparison.Ordinal))
            {
                Reason = line[FatalPrefix.Length..];
            }

            if (_open)
            {
                screen.Show(name, line);
                return;
            }

            _held.Enqueue(line);
            if (_held.Count > MaxHeld)
            {
                _held.Dequeue();
            }
        }
    }
}
