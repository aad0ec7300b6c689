using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// The files that a Dockerfile adds to its base image. The tests build these files without a container: they run the
/// steps of the Dockerfile with the SDK of this machine, in a directory that contains only the files that the
/// Dockerfile copies.
/// </summary>
internal sealed class BuiltImage : IDisposable
{
    private const string Publish = "/publish";
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(15);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanschat-image-");

    private BuiltImage(Dockerfile file) => File = file;

    /// <summary>
    /// The folder of the .NET installation that runs the tests. The same installation builds the images and runs their
    /// programs.
    /// </summary>
    public static string DotNet { get; } = Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory());

    public Dockerfile File { get; }

    /// <summary>The folder that is <c>/app</c> in the image.</summary>
    public string App => _folder.FullName + File.Taken.Single(taken => taken.Target == "./").Sources.Single();

    public static async Task<BuiltImage> BuildAsync(Dockerfile file)
    {
        var image = new BuiltImage(file);
        try
        {
            await image.BuildAsync();
            return image;
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task BuildAsync()
    {
        await RunAsync("chmod 755 .", _folder.FullName); // The program runs as another user, who must be able to read the folder.
        var work = _folder.CreateSubdirectory("src").FullName;
        foreach (var line in File.Build)
        {
            if (line.Word == "RUN")
            {
                await RunAsync(line.Arguments.Replace(Publish, _folder.FullName + Publish, StringComparison.Ordinal), work);
                continue;
            }

            var (sources, target) = Dockerfile.Copy(line);
            foreach (var source in sources)
            {
                Copy(Path.Combine(DeployTree.Root, source), Path.Combine(work, target, source.EndsWith('/') ? "" : Path.GetFileName(source)));
            }
        }
    }

    private static void Copy(string source, string target)
    {
        if (System.IO.File.Exists(source))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            System.IO.File.Copy(source, target, overwrite: true);
            return;
        }

        // Leave out bin and obj, as .dockerignore does.
        foreach (var entry in Directory.EnumerateFileSystemEntries(source).Where(entry => Path.GetFileName(entry) is not ("bin" or "obj")))
        {
            Copy(entry, Path.Combine(target, Path.GetFileName(entry)));
        }
    }

    private static async Task RunAsync(string command, string folder)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", command]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var inherited in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(inherited); // The variable belongs to the build that runs these tests.
        }

        start.Environment["PATH"] = $"{DotNet}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1"; // So that no process remains after the build.
        start.Environment["UseSharedCompilation"] = "false";

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(BuildLimit);
        using var process = Process.Start(start)!;
        try
        {
            var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            Assert.True(process.ExitCode == 0, $"{command} ended with {process.ExitCode}:\n{string.Join('\n', said)}");
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            Assert.Fail($"{command} did not end within {BuildLimit}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

/// <summary>
/// The images of the silo and of the gateway as folders, built once for all tests of a class. The programs of the
/// images run as processes of this machine, without containers. If the tests run as root, each process runs as the user
/// that its Dockerfile names.
/// </summary>
public sealed class BuiltImages : IAsyncLifetime, IImages
{
    private BuiltImage? _silo;
    private BuiltImage? _gateway;

    IReadOnlyDictionary<string, string>? IImages.Engine => null;

    string[] IImages.Command(Workload workload, string name, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> mounts)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The programs of the images run only on Linux.");
        var image = (workload.Program == "Silo" ? _silo : _gateway)!;
        var (user, entry) = (image.File.User.Split(':'), image.File.EntryPoint);
        string[] become = Environment.IsPrivilegedProcess ? [$"--reuid={user[0]}", $"--regid={user[1]}", "--clear-groups"] : [];
        return
        [
            "setpriv", "--no-new-privs", .. become, "env", "-i", $"--chdir={image.App}",
            .. environment.Select(variable => $"{variable.Key}={mounts.GetValueOrDefault(variable.Value, variable.Value)}"),
            Path.Combine(BuiltImage.DotNet, entry[0]), .. entry[1..],
        ];
    }

    Task IImages.RemoveAsync(string name) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (OperatingSystem.IsLinux())
        {
            _silo = await BuiltImage.BuildAsync(Dockerfile.Silo);
            _gateway = await BuiltImage.BuildAsync(Dockerfile.Gateway);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _silo?.Dispose();
        _gateway?.Dispose();
        return ValueTask.CompletedTask;
    }
}
