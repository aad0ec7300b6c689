using System.Globalization;

namespace OrleansChat.LocalCluster;

/// <summary>One process to run.</summary>
/// <param name="Name">The name that this program gives the process, such as <c>silo-1</c>.</param>
/// <param name="Address">A gateway's URL, or a silo's host and port. A restart does not change the address.</param>
/// <param name="Ready">The URL that returns 200 if the process is ready.</param>
/// <param name="Settings">The settings of the process. Each key of the dictionary is a configuration path, such as
/// <c>Silo:Port</c>.</param>
internal sealed record ProcessPlan(string Name, string Program, string Address, Uri Ready, IReadOnlyDictionary<string, string> Settings);

/// <summary>The processes of a cluster. The plan has passed all checks that are possible before they start.</summary>
/// <param name="Tokens">Issues the users' tokens; null with <c>--identity development</c>.</param>
internal sealed record ClusterPlan(LocalOptions Options, IReadOnlyList<ProcessPlan> Silos, IReadOnlyList<ProcessPlan> Gateways, DevelopmentTokens? Tokens)
{
    private const string Database = "chat.db";

    /// <summary>
    /// Makes the plan. Throws <see cref="CannotStartException"/> if a port is in use, a directory cannot be written, or
    /// a program is not built.
    /// </summary>
    public static ClusterPlan For(LocalOptions options)
    {
        var gatewayPorts = Enumerable.Range(options.Port, options.Gateways).ToArray();
        foreach (var port in gatewayPorts.Where(port => !Ports.IsFree(port)))
        {
            throw new CannotStartException(
                $"Port {port} is in use: stop the program that listens there, or choose another port with --port (the {options.Gateways} gateways take that port and the next ones).");
        }

        if (options.Store is Store.Sqlite)
        {
            PrepareDirectory(options.Data);
        }

        var siloPorts = Ports.Choose(3 * options.Silos, gatewayPorts).Chunk(3).Select(three => new SiloPorts(three[0], three[1], three[2])).ToArray();
        var shared = SharedSettings(options, siloPorts[0].Gateway);
        var tokens = options.Identity is LocalIdentity.Tokens ? new DevelopmentTokens(TimeProvider.System) : null;
        return new(
            options,
            [.. siloPorts.Select((ports, at) => Silo(options, at, ports, shared))],
            [.. gatewayPorts.Select((port, at) => Gateway(options, at, port, shared, tokens))],
            tokens);
    }

    /// <summary>
    /// Replaces names of settings in a child's message with the names of this program's options, such as <c>--data</c>.
    /// </summary>
    public static string InOptions(string reason) => reason
        .Replace("Cluster:ConnectionString", "--connection", StringComparison.Ordinal)
        .Replace("MessageLog:ConnectionString", "--connection", StringComparison.Ordinal)
        .Replace("MessageLog:Path", "--data", StringComparison.Ordinal);

    private static ProcessPlan Silo(LocalOptions options, int at, SiloPorts ports, Dictionary<string, string> shared)
    {
        var name = $"silo-{at + 1}";
        var settings = new Dictionary<string, string>(shared)
        {
            ["Silo:Name"] = name,
            ["Silo:Address"] = "127.0.0.1",
            ["Silo:Port"] = Text(ports.Silo),
            ["Silo:ClientPort"] = Text(ports.Gateway),
            ["Silo:HealthPort"] = Text(ports.Health),
            ["MessageLog:Store"] = options.Store.ToString(),
        };
        switch (options.Store)
        {
            case Store.Sqlite:
                settings["MessageLog:Path"] = Path.Combine(options.Data, Database);
                break;
            case Store.Postgres:
                settings["MessageLog:ConnectionString"] = options.Connection!;
                break;
        }

        if (!options.Limits)
        {
            settings["Rooms:CreatesPerUser"] = "0";
            settings["Rooms:InvitesPerUser"] = "0";
            settings["Rooms:JoinsPerUser"] = "0";
            settings["Rooms:GroupsPerUser"] = "0";
        }

        Add(options, "silo", name, settings);
        return new(name, ProgramOf("Silo", options.SiloPrograms, at), $"127.0.0.1:{ports.Silo}", new($"http://127.0.0.1:{ports.Health}/healthz/ready"), settings);
    }

    private static ProcessPlan Gateway(LocalOptions options, int at, int port, Dictionary<string, string> shared, DevelopmentTokens? tokens)
    {
        var settings = new Dictionary<string, string>(shared)
        {
            ["ASPNETCORE_URLS"] = $"http://localhost:{port}",
            ["Identity:Mode"] = "Development", // ?user=alice without any proof: only for use on one machine.
        };
        foreach (var (path, value) in tokens?.Settings ?? new Dictionary<string, string>())
        {
            settings[path] = value;
        }

        if (!options.Limits)
        {
            // Raise the limits far above normal use, but do not switch them off. So a measurement or check takes the
            // same code path as production.
            string[] high =
            [
                "Limits:SendsPerSecond", "Limits:SendBurst", "Budgets:CommandsPerSecond", "Budgets:ConnectsPerSecond", "Connections:CommandsPerSecond",
            ];
            foreach (var setting in high)
            {
                settings[setting] = "1000000";
            }

            settings["Connections:BytesPerSecond"] = "1073741824";
        }

        var name = $"gateway-{at + 1}";
        Add(options, "gateway", name, settings);
        return new(name, ProgramOf("Gateway", options.GatewayPrograms, at), $"http://localhost:{port}", new($"http://127.0.0.1:{port}/healthz/ready"), settings);
    }

    private static Dictionary<string, string> SharedSettings(LocalOptions options, int siloGatewayPort)
    {
        var settings = new Dictionary<string, string>
        {
            ["Process:Lifetime"] = "Parent",
            ["Process:StopWithin"] = (options.StopWithin - TimeSpan.FromSeconds(1)).ToString("c", CultureInfo.InvariantCulture),
        };
        if (options.Store is Store.Postgres)
        {
            settings["Cluster:Store"] = "Postgres";
            settings["Cluster:ConnectionString"] = options.Connection!;

            // Each run has a new cluster id. Otherwise the silos of a killed run would still be in the membership
            // table, and the next run would first have to detect that they are dead.
            settings["Cluster:Id"] = $"local-{Guid.NewGuid():N}";
        }
        else
        {
            settings["Cluster:Store"] = "Localhost";
            settings["Cluster:ClientPort"] = Text(siloGatewayPort);
        }

        return settings;
    }

    private static void Add(LocalOptions options, string kind, string name, Dictionary<string, string> settings)
    {
        foreach (var (child, path, value) in options.Settings)
        {
            if (child is null || child == kind || child == name)
            {
                settings[path] = value;
            }
        }
    }

    private static string ProgramOf(string project, IReadOnlyList<string> others, int at)
    {
        if (others.Count == 0)
        {
            return ProgramOf(project);
        }

        var program = others[at % others.Count];
        return File.Exists(program) ? program : throw new CannotStartException($"{program} does not exist.");
    }

    /// <summary>
    /// Finds the program that was built from a project of this source tree, such as
    /// <c>Silo/bin/Release/net10.0/OrleansChat.Silo</c>. The build configuration (Debug or Release) is that of the
    /// running program.
    /// </summary>
    private static string ProgramOf(string project)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = here.Parent!;
        var built = Path.Combine(project, "bin", configuration.Name, here.Name, $"OrleansChat.{project}{(OperatingSystem.IsWindows() ? ".exe" : "")}");
        for (var tree = configuration; tree is not null; tree = tree.Parent)
        {
            if (Path.Combine(tree.FullName, built) is var program && File.Exists(program))
            {
                return program;
            }
        }

        throw new CannotStartException($"{built} does not exist: build it with dotnet build {project} -c {configuration.Name}.");
    }

    private static void PrepareDirectory(string directory)
    {
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(directory);
            }
            else
            {
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            using var probe = new FileStream(Path.Combine(directory, $".writable-{Environment.ProcessId}"),
                FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"The data directory {directory} cannot be written ({exception.Message}): choose another directory with --data.");
        }

        // The database files may belong to another user, for example if an earlier run was started with sudo.
        foreach (var file in Directory.EnumerateFiles(directory, $"{Database}*"))
        {
            try
            {
                new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite).Dispose();
            }
            catch (UnauthorizedAccessException)
            {
                throw new CannotStartException(
                    $"{file} cannot be written by user {Environment.UserName}: change its owner (chown), or choose another directory with --data.");
            }
            catch (IOException)
            {
                // Another silo may have locked the file. The new silo reports this error when it starts.
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private readonly record struct SiloPorts(int Silo, int Gateway, int Health);
}
