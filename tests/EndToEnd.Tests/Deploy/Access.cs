using System.Diagnostics;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>Connections to the deployed gateways, with tokens of the script <c>deploy/token.sh</c>.</summary>
internal static class Access
{
    public static async Task<JsonClient> ConnectAsync(int gateway, string user, params (string Room, long Seq, string Epoch)[] cursors) =>
        await JsonClient.ConnectWithTokenAsync(gateway, user, await TokenAsync(user), cursors);

    /// <summary>Runs <c>deploy/token.sh</c> and returns the token for a user.</summary>
    public static async Task<string> TokenAsync(string user)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "token.sh needs a shell.");
        var key = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(key, StandIns.Key.Private, TestContext.Current.CancellationToken);
            var start = new ProcessStartInfo(Path.Combine(DeployTree.Root, "deploy", "token.sh"), [user]) { RedirectStandardOutput = true };
            start.Environment["IDENTITY_KEY_FILE"] = key;
            using var script = Process.Start(start)!;
            var printed = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await script.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, script.ExitCode);
            return printed.Trim();
        }
        finally
        {
            File.Delete(key);
        }
    }
}
