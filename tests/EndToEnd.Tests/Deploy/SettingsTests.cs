using System.Globalization;
using Microsoft.Extensions.Configuration;
using OrleansChat.Gateway;
using OrleansChat.Gateway.Connections;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>What <c>deploy/</c> sets is read, may be set, and fits together; and the page of operations tells all that can be set.</summary>
public sealed class SettingsTests
{
    private const string WriteVariable = "ORLEANSCHAT_WRITE_SETTINGS";
    private const string Begin = "<!-- settings: written by a test, see tests/EndToEnd.Tests/Deploy/SettingsTests.cs -->";
    private const string End = "<!-- end of settings -->";

    // What is left to do between the end of a stop and the end of the process.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);

    public static TheoryData<string> Workloads => [.. All.Select(workload => workload.Name)];

    private static IEnumerable<Workload> All => Workload.Kubernetes.Concat(Workload.Compose);

    [Theory, MemberData(nameof(Workloads))]
    public void EveryVariable_IsASettingThatItsProgramReads(string name)
    {
        var workload = All.Single(workload => workload.Name == name);

        Assert.Empty(SettingsCatalog.Wrong(workload.Program, Configuration(workload.Environment(StandIns.Value))));
    }

    [Theory, InlineData("Silo", "Silo:Prot", "1"), InlineData("Silo", "Log:Store", "etcd"), InlineData("Gateway", "Connections:Most", "0"), InlineData("Gateway", "Log:Store", "Sqlite")]
    public void AVariableThatMeansNothing_IsFound(string program, string path, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(path, (string?)value)]).Build();

        Assert.Contains(path.Split(':')[0], Assert.Single(SettingsCatalog.Wrong(program, configuration)), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Workloads))]
    public void Stop_EndsBeforeTheProcessIsKilled(string name)
    {
        var workload = All.Single(workload => workload.Name == name);
        var stop = TimeSpan.Parse(workload.Variables["Process__StopWithin"], CultureInfo.InvariantCulture);
        var (drain, closing) = (new DrainOptions(), 2 * TimeSpan.FromSeconds(new ConnectionOptions().CloseSeconds));
        var draining = TimeSpan.FromSeconds(drain.WithinSeconds + drain.AnswerSeconds) + closing;

        Assert.True(workload.PreStop + stop + Slack <= workload.Grace, $"{workload.PreStop} + {stop} + {Slack} is more than the {workload.Grace} after which it is killed.");
        Assert.True(draining + Slack <= stop, $"A drain may take {draining}, and what follows {Slack}: more than the {stop} of a stop, so that Drain:WithinSeconds would be cut short.");
        Assert.True(new ClusterTimings().Farewell < stop);
    }

    [Fact]
    public void Start_IsGivenTheTimeThatItMayTake()
    {
        var (silo, gateway) = (Workload.Kubernetes.Single(workload => workload.Program == "Silo"), Workload.Kubernetes.Single(workload => workload.Program == "Gateway"));

        Assert.True(Startup(silo) >= 2 * new ClusterTimings().JoinWithin, "A silo that waits to join is not to be killed before it gives up.");
        Assert.True(Startup(gateway) >= new ClusterSettings().ConnectWithin + Slack, "A gateway that waits for the cluster is not to be killed before it gives up.");

        static TimeSpan Startup(Workload workload) => workload.Probes.Single(probe => probe.Kind == "startup").Budget;
    }

    [Fact]
    public void Liveness_OutlastsAStandstillThatTheClusterForgives()
    {
        Assert.All(Workload.Kubernetes, workload =>
            Assert.True(workload.Probes.Single(probe => probe.Kind == "liveness").Budget > 3 * new ClusterTimings().LongestProbe));
    }

    [Fact]
    public void EverySettingWithARange_IsOnThePage()
    {
        var told = SettingsCatalog.Sections.SelectMany(section => section.Settings).Select(setting => setting.Property.DeclaringType!).ToHashSet();

        Assert.Empty(SettingsCatalog.Ranged.Except(told));
    }

    [Fact]
    public void EverySetting_CanBeSet()
    {
        foreach (var section in SettingsCatalog.Sections)
        {
            // One at a time: some are refused beside others.
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
    public void PageOfOperations_TellsEverySetting()
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

        Assert.True(page == now, $"The settings of docs/operations.md are not those of the code. Write them anew: {WriteVariable}=1 dotnet test tests/EndToEnd.Tests --filter {nameof(PageOfOperations_TellsEverySetting)}");
    }

    private static IConfiguration Configuration(IReadOnlyDictionary<string, string> environment) => new ConfigurationBuilder()
        .AddInMemoryCollection(environment.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), (string?)pair.Value)))
        .Build();
}
