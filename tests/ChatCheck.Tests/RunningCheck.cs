using System.Diagnostics;

namespace OrleansChat.ChatCheck.Tests;

/// <summary>Runs ChatCheck as a separate process.</summary>
internal static class RunningCheck
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(4);

    /// <summary>
    /// Runs ChatCheck until it ends. If ChatCheck does not end within 4 minutes, kills it and all processes that it
    /// started, and throws.
    /// </summary>
    /// <param name="temporary">The directory for the temporary files of ChatCheck.</param>
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
            return await Waiting.ForAsync(EndAsync(), "the end of ChatCheck", MaxWait);
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
