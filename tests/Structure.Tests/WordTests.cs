using System.Text.RegularExpressions;

namespace OrleansChat.Structure.Tests;

/// <summary>
/// Checks that types and tests have the names that CONTRIBUTING.md requires. Also checks the names and units of
/// metrics, the ids and texts of log events, and the length of files.
/// </summary>
public sealed partial class WordTests
{
    /// <summary>Old names of types. Words in the list of CONTRIBUTING.md have replaced them.</summary>
    private static readonly string[] OldTypes =
    [
        "AttendanceNotice", "AttendanceNotices", "Attended", "Beacon", "CallOrder", "Child", "Doorway", "Encodings", "Entrance", "ErrorCode", "Gathering",
        "GatewayInbox", "GatewayWatch", "IInboxEchoGrain", "IInboxFilter", "Inbox", "InboxEcho", "InboxEchoGrain", "InboxItem", "InboxQueue", "InboxWatch",
        "LogEntry", "LogEntryException", "LogInstruments", "LogRange", "LogStore", "LogUnavailableException", "LogUnusableException", "MemberBells",
        "NoticeMark", "Ongoing", "Outbox", "Pace", "PeerMachine", "Plan", "RecentRings", "RoomAttendance", "RoomLine", "Screen", "SessionOptions",
        "SessionPorts", "SessionWire", "Signal", "UpgradedStream", "UserRing", "WriteLane",
    ];

    private static readonly string[] VagueEndings = ["Manager", "Helper", "Utils", "Common", "Data"];

    public static TheoryData<string> Projects => ["Gateway", "Grains", "Grains.Interfaces", "LocalCluster", "ProcessHosting", "Protocol", "Silo", "Streams"];

    [Theory, MemberData(nameof(Projects))]
    public void Type_WhenItsWordWasReplaced_HasTheNewName(string project)
    {
        Assert.Empty(Repository.TypeNames(project).Intersect(OldTypes));
    }

    [Theory, MemberData(nameof(Projects))]
    public void Type_WhenNamed_SaysWhatItIs(string project)
    {
        Assert.DoesNotContain(Repository.TypeNames(project), name => VagueEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Projects))]
    public void File_WhenItIsOfTheProduct_HasAtMost350Lines(string project)
    {
        var sources = Repository.Sources(project).ToArray();

        Assert.NotEmpty(sources);
        Assert.DoesNotContain(sources.Select(source => (source.Path, Lines: source.Text.Count(one => one == '\n'))), file => file.Lines > 350);
    }

    [Fact]
    public void TestName_WhenRead_IsSubjectConditionAndOutcome()
    {
        var names = Repository.Sources("tests").SelectMany(source => Test().Matches(source.Text).Select(match => match.Groups["name"].Value)).ToArray();

        Assert.InRange(names.Length, 700, int.MaxValue);
        Assert.DoesNotContain(names, name => name.Length > 70 || !Grammar().IsMatch(name));
    }

    [Fact]
    public void Metric_WhenCreated_IsInTheTableOfOperations()
    {
        var created = Instruments().SelectMany(source => Metric().Matches(source).Select(metric => metric.Groups["name"].Value)).ToArray();
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "operations.md"));

        Assert.InRange(created.Length, 30, int.MaxValue);
        Assert.Equal(created.Order(), MetricRow().Matches(page).Select(row => row.Groups["name"].Value).Order());
    }

    [Fact]
    public void Metric_WhenCreated_HasTheConventionsOfOpenTelemetry()
    {
        var metrics = Instruments().SelectMany(source => Metric().Matches(source)).ToArray();
        var units = Instruments().SelectMany(source => Unit().Matches(source)).Select(unit => unit.Groups["unit"].Value).ToArray();

        Assert.All(metrics, metric => Assert.StartsWith("orleanschat.", metric.Groups["name"].Value));
        Assert.Equal(metrics.Length, units.Length);
        Assert.All(units, unit => Assert.Matches(@"^(s|By|\{[a-z]*[a-rt-z]\})$", unit)); // A unit is seconds, bytes, or the name of the counted thing in the singular.
    }

    [Theory, MemberData(nameof(Projects))]
    public void LogEvent_WhenItHasAnId_SharesItWithNoOther(string project)
    {
        var ids = Repository.Sources(project).SelectMany(source => LogEvent().Matches(source.Text)).Select(match => match.Groups["id"].Value).ToArray();

        Assert.Equal(ids.Distinct().Order(), ids.Order());
    }

    [Theory, MemberData(nameof(Projects))]
    public void LogMessage_WhenRead_IsASentenceWithoutAFullStop(string project)
    {
        var messages = Repository.Sources(project).SelectMany(source => LogEvent().Matches(source.Text)).Select(match => match.Groups["message"].Value);

        Assert.All(messages, message => Assert.Matches(@"^(\p{Lu}|'?\{).*[^.]$", message));
    }

    private static IEnumerable<string> Instruments()
    {
        string[] projects = ["Gateway", "Grains", "Streams"];
        return projects.SelectMany(project => Repository.Sources(project)).Where(source => source.Path.EndsWith("Instruments.cs", StringComparison.Ordinal)).Select(source => source.Text);
    }

    [GeneratedRegex("""Create(?:Observable)?(?:Counter|UpDownCounter|Histogram|Gauge)(?:<\w+>)?\(\s*"(?<name>[^"]+)""")]
    private static partial Regex Metric();

    [GeneratedRegex("""LoggerMessage\((?<id>\d+),\s*LogLevel\.\w+,\s*"(?<message>(?:\\.|[^"\\])*)""")]
    private static partial Regex LogEvent();

    [GeneratedRegex("""(?<=,\s*)"(?<unit>s|ms|By|\{[^}"]*\})"(?=[,)])""")]
    private static partial Regex Unit();

    [GeneratedRegex(@"^\| `(?<name>orleanschat\.[a-z_.]+)` \|", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"^[A-Z][A-Za-z0-9]*_When[A-Z0-9][A-Za-z0-9]*_[A-Z][A-Za-z0-9]*$")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"^ *\[(?:\w*Fact|\w*Theory)\b[^\n]*\n(?: *\[[^\n]*\n)* *(?:public|internal) (?:async )?[\w<>]+ (?<name>\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Test();
}
