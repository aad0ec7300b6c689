using System.Globalization;

namespace OrleansChat.Load;

/// <summary>What the system says of a process (proc(5)). Linux alone.</summary>
internal static class ProcessFigures
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>Memory that is in RAM, in MiB.</summary>
    public static double ResidentMiB(int pid) =>
        long.Parse(File.ReadAllText($"/proc/{pid}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize / (1024.0 * 1024);

    /// <summary>Seconds of a core that it has taken so far.</summary>
    public static double CpuSeconds(int pid)
    {
        var fields = Stat(pid);
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>The same with the processes that it started and that live.</summary>
    public static double FamilyCpuSeconds(int pid) => CpuSeconds(pid) + Children(pid).Sum(CpuSeconds);

    /// <summary>How many connections to one port can come from one address: proc(5), ip_local_port_range.</summary>
    public static int MostPorts()
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
                // It ended meanwhile.
            }
        }

        return children;
    }

    private static string[] Stat(int pid)
    {
        // pid (name) state …: a name may hold anything.
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    /// <summary>How many files and sockets this process, and those that it starts, may have open.</summary>
    public static long MostFiles() => long.Parse(
        File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3].Replace("unlimited", "9999999", StringComparison.Ordinal),
        CultureInfo.InvariantCulture);
}
