using System.Globalization;

namespace OrleansChat.Load;

/// <summary>Figures of a process from /proc (proc(5)). Works only on Linux.</summary>
internal static class ProcessFigures
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Returns the resident memory of the process, in MiB.</summary>
    public static double ResidentMiB(int pid) =>
        long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize / (1024.0 * 1024);

    /// <summary>
    /// Returns the CPU time (user and kernel) that the process has used so far, in seconds, in steps of 10 ms.
    /// </summary>
    public static double CpuSeconds(int pid)
    {
        var fields = Stat(pid);
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>Returns the CPU time of the process and its running child processes, in seconds.</summary>
    public static double FamilyCpuSeconds(int pid) => CpuSeconds(pid) + Children(pid).Sum(CpuSeconds);

    /// <summary>
    /// Returns the number of possible connections from one address to one port: proc(5), ip_local_port_range.
    /// </summary>
    public static int MaxPorts()
    {
        var range = File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return int.Parse(range[1], CultureInfo.InvariantCulture) - int.Parse(range[0], CultureInfo.InvariantCulture) + 1;
    }

    private static List<int> Children(int parent)
    {
        List<int> children = [];
        foreach (var name in Directory.EnumerateDirectories("/proc").Select(at => Path.GetFileName(at)).Where(name => char.IsAsciiDigit(name[0])))
        {
            try
            {
                var pid = int.Parse(name, CultureInfo.InvariantCulture);
                if (int.Parse(Stat(pid)[1], CultureInfo.InvariantCulture) == parent)
                {
                    children.Add(pid);
                }
            }
            catch (IOException)
            {
                // The process has ended since it was listed.
            }
        }

        return children;
    }

    private static string[] Stat(int pid)
    {
        // "pid (name) state …": the name may contain any character, so the last closing parenthesis is its end.
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    /// <summary>
    /// Returns how many files and sockets this process may have open. A process that it starts has the same limit.
    /// </summary>
    public static long MaxFiles() => long.Parse(
        File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3].Replace("unlimited", "9999999", StringComparison.Ordinal),
        CultureInfo.InvariantCulture);
}
