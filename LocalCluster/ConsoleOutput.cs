namespace OrleansChat.LocalCluster;

/// <summary>Writes lines to the console. Thread-safe: lines of different threads are not mixed.</summary>
internal sealed class ConsoleOutput(TextWriter output, TextWriter error, bool colours)
{
    private const int NameWidth = 10;
    private static readonly string[] Palette = ["36", "33", "35", "32", "34", "96", "93", "95", "92", "94"];

    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _colours = [];

    /// <summary>Prints a line that comes from this program, not from a child.</summary>
    public void Say(string line) => Write(output, line);

    /// <summary>Prints, on standard error, why this program fails.</summary>
    public void Fail(string line) => Write(error, line);

    /// <summary>Prints a line of a child's log, prefixed with the child's name.</summary>
    public void Show(string name, string line)
    {
        lock (_lock)
        {
            var prefix = $"{name,-NameWidth}|";
            if (colours)
            {
                if (!_colours.TryGetValue(name, out var colour))
                {
                    _colours[name] = colour = Palette[_colours.Count % Palette.Length];
                }

                prefix = $"\e[{colour}m{prefix}\e[0m";
            }

            output.WriteLine($"{prefix} {line}");
        }
    }

    private void Write(TextWriter writer, string line)
    {
        lock (_lock)
        {
            writer.WriteLine(line);
        }
    }
}
