using System.Globalization;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Limits that the system sets for this process. If the process has no file descriptor left, it accepts no connection
/// and cannot reach the cluster. If the process has no memory left, it ends, and all its connections end with it. So
/// the process lowers settings that are higher than these limits allow.
/// </summary>
/// <param name="OpenFiles">File descriptors that this process may open; null if unknown.</param>
/// <param name="MemoryBytes">
/// Bytes of memory that the runtime may use: the heap limit, the container's limit, or the machine's memory.
/// </param>
internal sealed record SystemLimits(long? OpenFiles, long MemoryBytes)
{
    /// <summary>
    /// Descriptors reserved for everything except clients: for the program's files, for connections to silos and the
    /// database, and for sockets above <c>Http:Sockets</c> until they are closed. An idle gateway uses about 150. At
    /// most half of all descriptors are reserved.
    /// </summary>
    internal const int OwnFiles = 256;

    /// <summary>Memory of a process without connections, in bytes.</summary>
    internal const long OwnBytes = 128 * 1024 * 1024;

    /// <summary>
    /// Memory of an idle connection, in bytes; rounded up from the 18.5 KiB measured in docs/performance.md. A
    /// connection that reaches all its limits takes about fifty times as much.
    /// </summary>
    internal const int ConnectionBytes = 20 * 1024;

    /// <summary>
    /// Even if memory is scarce, the process does not lower <c>Connections:MaxConnections</c> below this number.
    /// </summary>
    internal const int MinConnections = 100;

    /// <summary>
    /// Reads the limits of this process. Only Linux reports the limit of open files. At its start, the .NET runtime
    /// raises the soft limit to the hard limit.
    /// </summary>
    public static SystemLimits Read()
    {
        const string Limits = "/proc/self/limits";
        return new(File.Exists(Limits) ? ParseOpenFiles(File.ReadAllLines(Limits)) : null, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    /// <summary>
    /// Finds the soft limit of open files in the lines of <c>/proc/self/limits</c>. Returns null if the limit is
    /// missing or unlimited.
    /// </summary>
    internal static long? ParseOpenFiles(IEnumerable<string> lines)
    {
        const string Name = "Max open files";
        var line = lines.FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        return long.TryParse(line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }

    /// <summary>Lowers <c>Http:Sockets</c> and <c>Connections:MaxConnections</c> to what these limits allow.</summary>
    /// <returns>A sentence for each limit that lowered a setting; empty if no setting was lowered.</returns>
    public IReadOnlyList<string> Hold(HttpOptions http, ConnectionOptions connections)
    {
        var lowered = new List<string>();
        var (sockets, most) = (http.Sockets, connections.MaxConnections);
        var fits = (int)Math.Clamp((MemoryBytes - OwnBytes) / ConnectionBytes, MinConnections, int.MaxValue);
        if (fits < most)
        {
            lowered.Add(string.Create(CultureInfo.InvariantCulture,
                $"The {MemoryBytes / 1024 / 1024} MiB of memory suffice for {fits} idle connections: Connections:MaxConnections is {fits} instead of {most}. Provide more memory, or lower the setting."));
            connections.MaxConnections = most = fits;
        }

        if (OpenFiles is { } files && files - Math.Min(OwnFiles, files / 2) is var left && left < (long)sockets + most)
        {
            // Sockets without a WebSocket get a quarter of the descriptors, or more if Connections:MaxConnections
            // leaves more.
            http.Sockets = (int)Math.Clamp(Math.Max(left / 4, left - most), 1, sockets);
            connections.MaxConnections = (int)Math.Clamp(left - http.Sockets, 1, most);
            lowered.Add(string.Create(CultureInfo.InvariantCulture,
                $"This process may have {files} open files: Http:Sockets is {http.Sockets} instead of {sockets}, and Connections:MaxConnections {connections.MaxConnections} instead of {most}. Raise the limit (ulimit -n), or lower the settings."));
        }

        return lowered;
    }
}
