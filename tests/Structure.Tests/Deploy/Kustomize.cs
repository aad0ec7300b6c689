using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.Structure.Tests.Deploy;

/// <summary>
/// Renders overlays with <c>kubectl kustomize</c>. A test that uses this class is skipped if kubectl cannot be found.
/// </summary>
internal static class Kustomize
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Renders the objects of an overlay.</summary>
    /// <param name="overlay">The overlay's <c>kustomization.yaml</c>. Its path to the repository must be
    /// <c>../OrleansChat</c>.</param>
    /// <param name="files">The names and texts of the other files in the overlay's folder.</param>
    public static async Task<IReadOnlyList<JsonNode>> RenderAsync(string overlay, params (string Name, string Text)[] files)
    {
        var folder = Directory.CreateTempSubdirectory("orleanschat-overlay-");
        try
        {
            // kustomize accepts only relative paths. So replace ../OrleansChat with the path from this folder to the
            // repository.
            var tree = Path.GetRelativePath(folder.FullName, Repository.Root);
            foreach (var (name, text) in files.Append(("kustomization.yaml", overlay.Replace("../OrleansChat", tree, StringComparison.Ordinal))))
            {
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), text, TestContext.Current.CancellationToken);
            }

            return DeployTree.Parse(await RunAsync("kustomize", folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(path.Any(at => File.Exists(Path.Combine(at, "kubectl"))), "This test renders the overlays with kubectl, but kubectl cannot be found.");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var kubectl = Process.Start(new ProcessStartInfo("kubectl", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            var said = await Task.WhenAll(kubectl.StandardOutput.ReadToEndAsync(limit.Token), kubectl.StandardError.ReadToEndAsync(limit.Token));
            await kubectl.WaitForExitAsync(limit.Token);
            Assert.True(kubectl.ExitCode == 0, $"kubectl {string.Join(' ', arguments)} ended with exit code {kubectl.ExitCode}: {said[1]}");
            return said[0];
        }
        finally
        {
            if (!kubectl.HasExited)
            {
                kubectl.Kill(entireProcessTree: true);
            }
        }
    }
}
