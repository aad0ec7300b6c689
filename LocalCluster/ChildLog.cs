namespace OrleansChat.LocalCluster;

/// <summary>
/// A child's log on the way to the screen. Held back until the child is ready for the first time, for a child that says itself why it cannot
/// start has said all that there is to read. Safe for two callers: standard output and standard error.
/// </summary>
internal sealed class ChildLog(string name, Screen screen)
{
    /// <summary>What the line begins with by which a child says why it ends.</summary>
    public const string FatalPrefix = "fatal: ";

    // Lines kept while the log is held back, and lines told of a child that does not become ready.
    private const int MostHeld = 500;
    private const int Tail = 10;

    private readonly Lock _lock = new();
    private readonly Queue<string> _held = [];
    private bool _open;

    /// <summary>Why the child ended, in its own words; null where it said nothing.</summary>
    public string? Reason { get; private set; }

    /// <summary>Reads to the end of <paramref name="lines"/>: the child's end.</summary>
    public async Task ReadAsync(StreamReader lines)
    {
        while (await lines.ReadLineAsync() is { } line)
        {
            Add(line);
        }
    }

    /// <summary>Shows what was held back, and from now on every line at once.</summary>
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

    /// <summary>The last lines that were held back.</summary>
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
            if (_held.Count > MostHeld)
            {
                _held.Dequeue();
            }
        }
    }
}
