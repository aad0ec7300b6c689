using System.Diagnostics;
using OrleansChat.EndToEnd.Tests.Chat;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>How the deployed gateways know their users: by tokens, made as the page of operations says.</summary>
internal static class Access
{
    /// <summary>Connects as a user.</summary>
    public static async Task<JsonClient> ConnectAsync(int gateway, string user, params (string Room, long Seq, string Epoch)[] cursors) =>
        await JsonClient.ConnectWithTokenAsync(gateway, user, await TokenAsync(user), cursors);

    /// <summary>A token for a user, as the page of operations says to make one.</summary>
    public static async Task<string> TokenAsync(string user)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The script is a shell's.");
        var start = new ProcessStartInfo(Path.Combine(DeployTree.Root, "deploy", "token.sh"), [user]) { RedirectStandardOutput = true };
        start.Environment["IDENTITY_KEY_SECRET"] = StandIns.Key;
        using var script = Process.Start(start)!;
        var printed = await script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, script.ExitCode);
        return printed.Trim();
    }
}
