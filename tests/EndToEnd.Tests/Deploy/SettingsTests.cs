using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using OrleansChat.Gateway.Cluster;
using OrleansChat.Gateway.Connections;
using OrleansChat.Gateway.Endpoint;
using OrleansChat.ProcessHosting;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// The settings in <c>deploy/</c> exist, have valid values and fit together, and docs/operations.md lists all settings.
/// </summary>
public sealed partial class SettingsTests
{
    private const string WriteVariable = "ORLEANSCHAT_WRITE_SETTINGS";
    private const string Begin = "<!-- settings: written by a test, see tests/EndToEnd.Tests/Deploy/SettingsTests.cs -->";
    private const string End = "<!-- end of settings -->";

    // A reserve for work that has no time limit of its own. The time limit of the stop must be at least this much
    // longer than the longest drain. SIGKILL must come at least this much later than the time limit of the stop.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Workloads => [.. All.Select(workload => workload.Name)];

    public static TheoryData<string> Gateways => [.. All.Where(workload => workload.Program == "Gateway").Select(workload => workload.Name)];

    private static IEnumerable<Workload> All => Workload.Kubernetes.Concat(Workload.Compose);

    [Theory, MemberData(nameof(Workloads))]
    public void Variable_WhenAWorkloadSetsIt_IsASettingOfItsProgram(string name)
    {
        var workload = All.Single(workload => workload.Name == name);

        Assert.Empty(SettingsCatalog.Wrong(workload.Program, Configuration(workload.Environment(StandIns.Value))));
    }

    [Theory, InlineData("Silo", "Silo:Prot", "1"), InlineData("Silo", "MessageLog:Store", "etcd"), InlineData("Gateway", "Connections:MaxConnections", "0"), InlineData("Gateway", "MessageLog:Store", "Sqlite")]
    public void Wrong_WhenASettingIsUnknownOrBad_NamesItsSection(string program, string path, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(path, (string?)value)]).Build();

        Assert.Contains(path.Split(':')[0], Assert.Single(SettingsCatalog.Wrong(program, configuration)), StringComparison.Ordinal);
    }

    [Theory, InlineData("Silo"), InlineData("Gateway")]
    public void Warning_WhenItMayNameUsers_IsNotLogged(string program)
    {
        var page = File.ReadAllText(Path.Combine(DeployTree.Root, "docs", "operations.md"));
        var folder = Path.GetDirectoryName(program == "Silo" ? Built.Silo : Built.Gateway)!;
        var levels = new ConfigurationBuilder().AddJsonFile(Path.Combine(folder, "appsettings.json")).Build().GetSection("Logging");
        using var logs = LoggerFactory.Create(logging => logging.AddConfiguration(levels).AddConsole());

        var silenced = Category().Matches(Silenced().Match(page).Groups[1].Value).Select(name => name.Groups[1].Value).ToArray();

        Assert.Equal(3, silenced.Length);
        Assert.All(silenced, category => Assert.Equal((false, true), Enabled(category)));
        Assert.Equal((true, true), Enabled("Orleans.Runtime.Catalog"));

        (bool Warnings, bool Errors) Enabled(string category)
        {
            var log = logs.CreateLogger(category);
            return (log.IsEnabled(LogLevel.Warning), log.IsEnabled(LogLevel.Error));
        }
    }

    [Theory, MemberData(nameof(Workloads))]
    public void Stop_WhenItTakesLongest_EndsBeforeTheProcessIsKilled(string name)
    {
        var workload = All.Single(workload => workload.Name == name);
        var stop = TimeSpan.Parse(workload.Variables["Process__StopWithin"], CultureInfo.InvariantCulture);
        var (drain, closing) = (new DrainOptions(), 2 * new ConnectionOptions().CloseTimeout);
        var draining = drain.Within + drain.AnswerTimeout + closing;

        Assert.True(workload.PreStop + stop + Slack <= workload.Grace, $"{workload.PreStop} + {stop} + {Slack} is more than {workload.Grace}, after which the process is killed.");
        Assert.True(draining + Slack <= stop, $"A drain may take {draining}, and the other work of a stop {Slack}. A stop may take only {stop}, so a drain cannot use all of Drain:Within.");
        Assert.True(ClusterTimings.Farewell < stop);
    }

    [Fact]
    public void StartupProbe_WhenASiloWaitsToJoin_OutlastsTheWait()
    {
        var silo = Workload.Kubernetes.Single(workload => workload.Program == "Silo");

        Assert.True(Startup(silo) >= 2 * new ClusterSettings().JoinWithin, "Kubernetes must not kill a silo that still waits to join.");

        static TimeSpan Startup(Workload workload) => workload.Probes.Single(probe => probe.Kind == "startup").Budget;
    }

    [Fact]
    public void LivenessProbe_WhenAProcessStandsStill_OutlastsThreeProbes()
    {
        Assert.All(Workload.Kubernetes, workload =>
            Assert.True(workload.Probes.Single(probe => probe.Kind == "liveness").Budget > 3 * ClusterTimings.MaxProbe));
    }

    [Theory, MemberData(nameof(Gateways))]
    public void GatewayBounds_WhenAllAreReached_FitTheMemoryLimit(string name)
    {
        const long Program = 100L << 20; // The memory of a gateway without clients.
        const long IdleConnection = 19_000; // docs/performance.md says 18.5 KiB.
        var workload = All.Single(workload => workload.Name == name);
        var (connections, sockets) = (Bound("Connections__MaxConnections"), Bound("Http__Sockets"));
        var most = Program + (connections * IdleConnection) + (sockets * new HttpOptions().ReadBufferBytes);

        Assert.True(most < workload.Memory * 3 / 4, $"At its bounds, the gateway needs {most >> 20} MiB. The .NET heap may have only 75 % of {workload.Memory >> 20} MiB.");

        long Bound(string variable) => long.Parse(workload.Variables[variable], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Setting_WhenItHasARange_IsInTheCatalog()
    {
        var told = SettingsCatalog.Sections.SelectMany(section => section.Settings).Select(setting => setting.Property.DeclaringType!).ToHashSet();

        Assert.Empty(SettingsCatalog.Ranged.Except(told));
    }

    [Fact]
    public void Setting_WhenItIsSet_IsKnownToItsProgram()
    {
        foreach (var section in SettingsCatalog.Sections)
        {
            // Set one setting at a time, because some settings exclude others.
            foreach (var setting in section.Settings.Where(setting => setting.Default is not null || setting.Path.Contains(Setting.Each, StringComparison.Ordinal)))
            {
                var path = setting.Path.Replace(Setting.Each, "0", StringComparison.Ordinal);
                var value = Convert.ToString(setting.Default, CultureInfo.InvariantCulture);
                var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(path, value)]).Build();
                Assert.DoesNotContain(SettingsCatalog.Wrong(section.Program, configuration), wrong => wrong.Contains("no such", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void RenamedSetting_WhenItsNewNameIsRead_Exists()
    {
        var paths = SettingsCatalog.Sections.SelectMany(section => section.Settings.Select(setting => setting.Path).Append(section.Name)).ToHashSet();

        Assert.All(SettingsCatalog.Renamed, pair =>
        {
            Assert.Contains(pair.New, paths);
            Assert.DoesNotContain(pair.Old, paths);
        });
    }

    [Fact]
    public void OperationsPage_WhenASettingChanges_ListsIt()
    {
        var path = Path.Combine(DeployTree.Root, "docs", "operations.md");
        var page = File.ReadAllText(path);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, page.IndexOf(End, StringComparison.Ordinal));
        var now = $"{page[..begin]}\n{SettingsTable.Render()}\n{page[end..]}";
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            File.WriteAllText(path, now);
            return;
        }

        Assert.True(page == now, $"The settings in docs/operations.md differ from the code. To write them again: {WriteVariable}=1 dotnet test tests/EndToEnd.Tests --filter {nameof(OperationsPage_WhenASettingChanges_ListsIt)}");
    }

    private static IConfiguration Configuration(IReadOnlyDictionary<string, string> environment) => new ConfigurationBuilder()
        .AddInMemoryCollection(environment.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value)))
        .Build();

    [GeneratedRegex(@"switched off for that reason \(([^)]*)\)")]
    private static partial Regex Silenced();

    [GeneratedRegex("`(Orleans[A-Za-z.]+)`")]
    private static partial Regex Category();
}
