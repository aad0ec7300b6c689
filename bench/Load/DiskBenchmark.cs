using System.Diagnostics;

namespace OrleansChat.Load;

/// <summary>What a disk needs by itself for what a commit asks of it: no message that is on the disk before it is told takes less.</summary>
internal static class DiskBenchmark
{
    /// <summary>What a small commit of SQLite's writes: three pages of its log.</summary>
    private const int CommitBytes = 3 * 4096;

    /// <summary>So much is there before: a log that is long in use is overwritten, and does not grow.</summary>
    private const int Commits = 512;

    /// <summary>Writes and syncs at a pace, in a file of its own in a directory. Milliseconds for each, ascending.</summary>
    public static async Task<double[]> RunAsync(string directory, int rate, TimeSpan duration, CancellationToken cancellationToken)
    {
        var path = Path.Combine(directory, "disk.bin");
        try
        {
            using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
            var commit = new byte[CommitBytes];
            for (var i = 0; i < Commits; i++)
            {
                RandomAccess.Write(file, commit, (long)i * CommitBytes);
            }

            RandomAccess.FlushToDisk(file);
            var took = new double[Math.Max(1, (int)(rate * duration.TotalSeconds))];
            for (var i = 0; i < took.Length; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1.0 / rate), cancellationToken);
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
            File.Delete(path);
        }
    }
}
