using System.Diagnostics;

namespace OrleansChat.Load;

/// <summary>
/// Measures how long the disk alone takes for the writes of a commit. A message that is stored on the disk before its
/// delivery cannot be delivered faster than these writes.
/// </summary>
internal static class DiskBenchmark
{
    /// <summary>What a small commit of SQLite writes: three pages of its write-ahead log.</summary>
    private const int CommitBytes = 3 * 4096;

    /// <summary>
    /// The size of the file before the measurement, in commits. The benchmark overwrites the file, so the file does not
    /// grow. A write-ahead log that has been in use for long does not grow either.
    /// </summary>
    private const int Commits = 512;

    /// <summary>
    /// Writes and syncs <paramref name="rate"/> times per second, in a temporary directory like those in which the
    /// benchmarks' clusters store their data. Returns how many milliseconds each write took, ascending.
    /// </summary>
    public static async Task<double[]> RunAsync(int rate, TimeSpan duration, CancellationToken cancellationToken)
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-load-").FullName;
        try
        {
            using var file = File.OpenHandle(Path.Combine(data, "disk"), FileMode.CreateNew, FileAccess.Write);
            var commit = new byte[CommitBytes];
            for (var i = 0; i < Commits; i++)
            {
                RandomAccess.Write(file, commit, (long)i * CommitBytes);
            }

            RandomAccess.FlushToDisk(file);
            using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / rate));
            var took = new double[Math.Max(1, (int)(rate * duration.TotalSeconds))];
            for (var i = 0; i < took.Length; i++)
            {
                await pace.WaitForNextTickAsync(cancellationToken);
                var start = Stopwatch.GetTimestamp();
                RandomAccess.Write(file, commit, (long)(i % Commits) * CommitBytes);
                RandomAccess.FlushToDisk(file);
                took[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }

            Array.Sort(took);
            return took;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
