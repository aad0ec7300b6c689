using System.Diagnostics;

namespace OrleansChat.ChatCheck.Tests;

/// <summary>The program as a process of its own.</summary>
internal static class RunningCheck
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    /// <summary>Runs it with a directory for what it leaves behind; whatever it has started ends with it.</summary>
    public static async Task<(int ExitCode, string Said)> ToItsEndAsync(string temporary, params string[] arguments)
    {
        using var program = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "OrleansChat.ChatCheck"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = temporary },
        })!;
        var said = Task.WhenAll(program.StandardOutput.ReadToEndAsync(), program.StandardError.ReadToEndAsync());
        try
        {
            return await Waiting.ForAsync(EndAsync(), "the program's end", Longest);
        }
        finally
        {
            program.Kill(entireProcessTree: true);
        }

        async Task<(int, string)> EndAsync()
        {
            var lines = await said;
            await program.WaitForExitAsync();
            return (program.ExitCode, string.Concat(lines));
        }
    }
}
