using System.Diagnostics;
using System.Globalization;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// The images of the silo and of the gateway, run as containers. buildah builds the images from the unchanged
/// Dockerfiles, but with other base images, which images.sh makes. podman runs them with a read-only root file system,
/// no capabilities, no new privileges, and the memory limit of the workload. The tests must run as root on Linux, and
/// need podman, buildah, runc, conmon and busybox. If no container can run on this machine, the tests are skipped with
/// the reason. If ORLEANSCHAT_REQUIRE contains images, the tests fail instead.
/// </summary>
public sealed class ContainerImages : IAsyncLifetime, IImages
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orleanschat-containers-");
    private readonly Dictionary<string, string> _engine = [];
    private string? _missing;

    IReadOnlyDictionary<string, string> IImages.Engine => _engine;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        try
        {
            _missing = await CannotRunAsync();
            if (_missing is null)
            {
                var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                    ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
                await ScriptAsync(BuildLimit, "build", _folder.FullName, BuiltImage.DotNet, packages, Dockerfile.Silo.BuildBase, Dockerfile.Silo.Base, DeployTree.Root);
            }
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the same images, but their containers run as another user, as on OpenShift.</summary>
    /// <param name="user">The user id and the group id, such as <c>1000650000:0</c>.</param>
    internal IImages As(string user) => new OtherUser(this, user);

    /// <summary>
    /// Skips the test if no container can run on this machine. Fails the test instead if ORLEANSCHAT_REQUIRE contains
    /// images.
    /// </summary>
    internal void Require()
    {
        if (_missing is not null && (Environment.GetEnvironmentVariable("ORLEANSCHAT_REQUIRE") ?? "").Contains("images", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail(_missing);
        }

        Assert.SkipWhen(_missing is not null, _missing ?? "");
    }

    string[] IImages.Command(Workload workload, string name, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> mounts) =>
        Command(workload, name, environment, mounts, null);

    Task IImages.RemoveAsync(string name) => RunAsync("podman", ["rm", "--force", "--ignore", "--time", "0", NameOf(name)], CommandLimit);

    /// <summary>Runs podman on these images and returns its output.</summary>
    internal async Task<string> PodmanAsync(params string[] arguments)
    {
        var (exit, said) = await RunAsync("podman", arguments, CommandLimit);
        Assert.True(exit == 0, $"podman {string.Join(' ', arguments)} ended with {exit}: {said}");
        return said.Trim();
    }

    /// <summary>
    /// Runs a program in a running container. Returns the exit code of the program, or 126 or 127 if the container does
    /// not have the program.
    /// </summary>
    internal async Task<int> ExecAsync(string name, string program) => (await RunAsync("podman", ["exec", NameOf(name), program], CommandLimit)).Exit;

    /// <summary>
    /// Returns the content of a file in <c>/proc/PID</c>, for the first process of a running container.
    /// </summary>
    internal async Task<string> ProcessFileAsync(string name, string file) =>
        await File.ReadAllTextAsync($"/proc/{await PodmanAsync("inspect", "--format", "{{.State.Pid}}", NameOf(name))}/{file}", TestContext.Current.CancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_engine.Count > 0)
        {
            await ScriptAsync(CommandLimit, "clean", _folder.FullName);
        }

        _folder.Delete(recursive: true);
    }

    // Each test run has its own podman storage. But conmon and runc allow each container name only once on a machine.
    // So the name of the container includes the name of the run's folder.
    private string NameOf(string name) => $"{_folder.Name}-{name}";

    private string[] Command(
        Workload workload, string name, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> mounts, string? user)
    {
        Require();
        var image = workload.Image.Environment;
        return
        [
            "podman", "run", "--rm", "--name", NameOf(name), "--network", "host", "--http-proxy=false", "--read-only", "--read-only-tmpfs=false",
            "--cap-drop", "all", "--security-opt", "no-new-privileges", "--memory", workload.Memory.ToString(CultureInfo.InvariantCulture),
            .. user is null ? Array.Empty<string>() : ["--user", user],
            .. environment.Where(variable => image.GetValueOrDefault(variable.Key) != variable.Value).SelectMany(variable => new[] { "--env", $"{variable.Key}={variable.Value}" }),
            .. mounts.SelectMany(mount => new[] { "--volume", $"{mount.Value}:{mount.Key}{(File.Exists(mount.Value) ? ":ro" : "")}" }),
            $"orleanschat-{workload.Program.ToLowerInvariant()}",
        ];
    }

    /// <summary>
    /// Returns null if a container can run on this machine. Otherwise returns the reason why no container can run.
    /// </summary>
    private async Task<string?> CannotRunAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "To build and run containers, the tests must run as root on Linux.";
        }

        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").ToArray();
        string[] missing = [.. new[] { "buildah", "podman", "runc", "conmon", "busybox" }.Where(program => !path.Any(at => File.Exists(Path.Combine(at, program))))];
        if (missing.Length > 0)
        {
            return $"{string.Join(", ", missing)} cannot be found. On Debian: apt-get install --no-install-recommends podman buildah runc conmon busybox-static";
        }

        var (storage, containers) = (Path.Combine(_folder.FullName, "storage.conf"), Path.Combine(_folder.FullName, "containers.conf"));
        await File.WriteAllTextAsync(storage, $"""
            [storage]
            driver = "overlay"
            graphroot = "{_folder.FullName}/graph"
            runroot = "{_folder.FullName}/run"
            """, TestContext.Current.CancellationToken);

        // Use runc, because crun refuses hybrid control groups. Let podman manage control groups through cgroupfs and
        // write its events to a file, because the machine may have no systemd and no journald. Set lower ulimits than
        // podman's defaults, which may need a capability that root does not have on this machine.
        await File.WriteAllTextAsync(containers, """
            [containers]
            default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
            [engine]
            runtime = "runc"
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            """, TestContext.Current.CancellationToken);
        (_engine["CONTAINERS_STORAGE_CONF"], _engine["CONTAINERS_CONF"]) = (storage, containers);
        var (exit, said) = await RunAsync("sh", [Script, "probe"], CommandLimit);
        return exit == 0 ? null : $"A container cannot run here: {said.Trim()}";
    }

    private static string Script => Path.Combine(DeployTree.Root, "tests", "EndToEnd.Tests", "Deploy", "images.sh");

    private async Task ScriptAsync(TimeSpan limit, params string[] arguments)
    {
        var (exit, said) = await RunAsync("sh", [Script, .. arguments], limit);
        Assert.True(exit == 0, $"images.sh {string.Join(' ', arguments)} ended with {exit}:\n{said}");
    }

    private async Task<(int Exit, string Said)> RunAsync(string program, IEnumerable<string> arguments, TimeSpan within)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var inherited in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(inherited); // The variable belongs to the build that runs these tests.
        }

        foreach (var (name, value) in _engine)
        {
            start.Environment[name] = value;
        }

        using var limit = new CancellationTokenSource(within); // Do not use the test's token: the cleanup must run even if the test is cancelled.
        using var process = Process.Start(start)!;
        try
        {
            var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, string.Concat(said));
        }
        catch (OperationCanceledException)
        {
            return (-1, $"{program} did not end within {within}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private sealed class OtherUser(ContainerImages images, string user) : IImages
    {
        public IReadOnlyDictionary<string, string>? Engine => images._engine;

        public string[] Command(Workload workload, string name, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> mounts) =>
            images.Command(workload, name, environment, mounts, user);

        public Task RemoveAsync(string name) => ((IImages)images).RemoveAsync(name);
    }
}
