using System.Globalization;

namespace OrleansChat.LocalCluster;

/// <summary>One process to run.</summary>
/// <param name="Name">Its name here: <c>silo-1</c>.</param>
/// <param name="Address">Where people or others reach it; the same whenever it is started again.</param>
/// <param name="Ready">Answers 200 where the process is healthy.</param>
/// <param name="Settings">Its configuration, by path: <c>Silo:Port</c>.</param>
internal sealed record ChildPlan(string Name, string Program, string Address, Uri Ready, IReadOnlyDictionary<string, string> Settings);

/// <summary>The processes of a cluster. All that can be found wrong before one of them runs has been.</summary>
/// <param name="Tokens">Who issues tokens; null in development.</param>
internal sealed record Plan(LocalOptions Options, IReadOnlyList<ChildPlan> Silos, IReadOnlyList<ChildPlan> Gateways, DevelopmentTokens? Tokens)
{
    /// <summary>Throws <see cref="CannotStartException"/> for a port in use, a directory that cannot be written, and programs that are not built.</summary>
    public static Plan For(LocalOptions options)
    {
        var gatewayPorts = Enumerable.Range(options.Port, options.Gateways).ToArray();
        foreach (var port in gatewayPorts.Where(port => !Ports.IsFree(port)))
        {
            throw new CannotStartException(
                $"Port {port} is in use: end what listens there, or choose another with --port (gateways take {options.Gateways} ports from it on).");
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

    /// <summary>What a child says of its settings, in the words of this program's options.</summary>
    public static string InOptions(string reason) => reason
        .Replace("Cluster:ConnectionString", "--connection", StringComparison.Ordinal)
        .Replace("Log:ConnectionString", "--connection", StringComparison.Ordinal)
        .Replace("Log:Path", "--data", StringComparison.Ordinal);

    private static ChildPlan Silo(LocalOptions options, int at, SiloPorts ports, Dictionary<string, string> shared)
    {
        var name = $"silo-{at + 1}";
        var settings = new Dictionary<string, string>(shared)
        {
            ["Silo:Name"] = name,
            ["Silo:Address"] = "127.0.0.1",
            ["Silo:Port"] = Text(ports.Silo),
            ["Silo:GatewayPort"] = Text(ports.Gateway),
            ["Silo:HealthPort"] = Text(ports.Health),
            ["Log:Store"] = options.Store.ToString(),
        };
        switch (options.Store)
        {
            case Store.Sqlite:
                settings["Log:Path"] = Path.Combine(options.Data, "chat.db");
                break;
            case Store.Postgres:
                settings["Log:ConnectionString"] = options.Connection!;
                break;
        }

        Add(options, "silo", name, settings);
        return new(name, ProgramOf("Silo", options.SiloPrograms, at), $"127.0.0.1:{ports.Silo}", new($"http://127.0.0.1:{ports.Health}/healthz/ready"), settings);
    }

    private static ChildPlan Gateway(LocalOptions options, int at, int port, Dictionary<string, string> shared, DevelopmentTokens? tokens)
    {
        var settings = new Dictionary<string, string>(shared)
        {
            ["ASPNETCORE_URLS"] = $"http://localhost:{port}",
            ["Identity:Mode"] = "Development", // Whoever says ?user=alice is alice: fit for one machine, and nothing else.
        };
        foreach (var (path, value) in tokens?.Settings ?? new Dictionary<string, string>())
        {
            settings[path] = value;
        }

        if (!options.Limits)
        {
            settings["Limits:SendsPerSecond"] = "0";
            settings["Connections:CommandsPerSecond"] = "0";
            settings["Connections:BytesPerSecond"] = "0";
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

            // Each run is a cluster of its own: silos that a killed run left in the membership table would have to be found dead first.
            settings["Cluster:Id"] = $"local-{Guid.NewGuid():N}";
        }
        else
        {
            settings["Cluster:Store"] = "Localhost";
            settings["Cluster:GatewayPort"] = Text(siloGatewayPort);
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
        return File.Exists(program) ? program : throw new CannotStartException($"{program} is not there.");
    }

    /// <summary>The program of the same tree, built in the same configuration: <c>Silo/bin/Release/net10.0/OrleansChat.Silo</c>.</summary>
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

        throw new CannotStartException($"{built} is not there: build it with dotnet build {project} -c {configuration.Name}.");
    }

    private static void PrepareDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            using var probe = new FileStream(Path.Combine(directory, $".writable-{Environment.ProcessId}"),
                FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"The store's directory {directory} cannot be written ({refused.Message}): choose another with --data.");
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private readonly record struct SiloPorts(int Silo, int Gateway, int Health);
}
