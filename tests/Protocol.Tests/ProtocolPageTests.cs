using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using OrleansChat.ClientCodec;
using OrleansChat.Protocol.Json;

namespace OrleansChat.Protocol.Tests;

/// <summary>
/// Checks that the protocol page agrees with the code. The code must be able to read the examples of the page, and the
/// tables of the page must show the same values as the code.
/// </summary>
public sealed partial class ProtocolPageTests
{
    private readonly ProtocolPage _page = new();

    [Fact]
    public void ClientExample_WhenRead_IsACommand()
    {
        foreach (var line in _page.Examples("client"))
        {
            var parsed = Assert.Single(Wire.Read(line));
            Assert.True(parsed.Error is null, $"{parsed.Error?.Message}: {line}");
        }
    }

    [Fact]
    public void ServerExample_WhenReadAndWritten_IsUnchanged()
    {
        foreach (var line in _page.Examples("server"))
        {
            var frame = FrameReader.Read(Encoding.UTF8.GetBytes(line));
            Assert.True(frame is not null, $"The reader does not know this frame: {line}");
            Assert.Equal(line, Wire.Written(frame));
        }
    }

    [Fact]
    public void Page_WhenRead_HasAnExampleOfEveryCommand() =>
        AssertAll<ClientCommand>(_page.Examples("client").Select(line => Wire.Command(line).GetType()));

    [Fact]
    public void Page_WhenRead_HasAnExampleOfEveryFrame() =>
        AssertAll<ServerFrame>(_page.Examples("server").Select(line => FrameReader.Read(Encoding.UTF8.GetBytes(line))!.GetType()));

    [Fact]
    public void Page_WhenRead_NamesEveryWordOnTheWire()
    {
        // The field me is not part of the protocol. Text mode writes it into meta.
        AssertNamed(Enum.GetValues<Field>().Where(field => field != Field.Me));
        AssertNamed(Enum.GetValues<EventKind>());
        AssertNamed(Enum.GetValues<FrameType>());
        Assert.Contains(Subprotocols.Json, _page.Code);
        Assert.Contains(Subprotocols.Text, _page.Code);

        void AssertNamed<T>(IEnumerable<T> values)
            where T : struct, Enum => Assert.All(values, value => Assert.Contains(Words<T>.Of(value).Value, _page.Code));
    }

    [Fact]
    public void Page_WhenRead_SaysWhetherEachErrorAllowsARetry()
    {
        foreach (var code in Enum.GetValues<ChatErrorCode>())
        {
            var row = Assert.Single(_page.Rows(), row => row[0].Split(", ").Contains($"`{ErrorCodes.Word(code)}`"));
            Assert.True(row[2] == (ErrorCodes.CanRetry(code) ? "yes" : "no"), $"The retry column of the page is wrong for {code}: {row[2]}");
        }
    }

    [Fact]
    public void Page_WhenRead_SaysWhetherEachCloseCodeAllowsAReturn()
    {
        foreach (var code in Enum.GetValues<CloseCode>())
        {
            var row = _page.Row(Text((int)code));
            Assert.StartsWith(CloseCodes.MayComeBack(code) ? "come back" : "stay away", row[2], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Page_WhenRead_ListsEveryLimitWithItsDefault()
    {
        var limits = new ProtocolLimits();
        foreach (var limit in typeof(ProtocolLimits).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(one => one.PropertyType == typeof(int)))
        {
            var row = _page.Row($"`{Words<Field>.Of(Enum.Parse<Field>(limit.Name)).Value}`");
            var setting = limit.SetMethod!.IsPublic ? $"`Limits:{limit.Name}`" : "fixed";
            Assert.Equal([Text((int)limit.GetValue(limits)!), setting], row[1..3]);
        }
    }

    [Fact]
    public void Page_WhenRead_ListsEveryFixedBound()
    {
        foreach (var bound in typeof(Bounds).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            var row = Assert.Single(
                _page.Rows(), row => string.Concat(row[0].Where(char.IsAsciiLetter)).Equals(bound.Name, StringComparison.OrdinalIgnoreCase));
            Assert.Equal(Text((int)bound.GetRawConstantValue()!), row[1].Split(' ')[0]);
        }
    }

    [Fact]
    public void Page_WhenRead_ListsOtherSettingsWithTheirDefaults()
    {
        var settings = _page.Rows().Where(row => SettingName().IsMatch(row[0])).ToArray();
        Assert.NotEmpty(settings);
        var sources = new[] { "Gateway", "Grains" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(ProtocolPage.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(File.ReadAllText)
            .ToArray();

        foreach (var row in settings)
        {
            var name = SettingName().Match(row[0]);
            var defaults = sources
                .Where(source => SectionNames(source).Contains(name.Groups["section"].Value))
                .SelectMany(source => PropertyDefault().Matches(source))
                .Where(property => property.Groups["name"].Value == name.Groups["name"].Value)
                .Select(property => ValueOf(property.Groups["value"].Value));
            Assert.True(row[1] == Assert.Single(defaults), $"The default of {row[0]} on the page, {row[1]}, differs from the default in the code.");
        }
    }

    private static void AssertAll<T>(IEnumerable<Type> shown) => Assert.Equal(
        typeof(T).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(T))).Select(type => type.Name).Order(),
        shown.Select(type => type.Name).Distinct().Order());

    /// <summary>Returns the names of the configuration sections that the comments of a source file mention.</summary>
    private static IEnumerable<string> SectionNames(string source) =>
        SectionComment().Matches(source).Select(comment => comment.Groups[1].Value);

    /// <summary>
    /// Converts a default in C# to its form on the page: <c>256 * 1024</c> becomes 262144, and
    /// <c>TimeSpan.FromMinutes(2)</c> becomes 2 min.
    /// </summary>
    private static string ValueOf(string expression) => expression is "true" or "false" ? expression
        : Duration().Match(expression) is { Success: true } duration
            ? $"{duration.Groups["number"].Value} {(duration.Groups["unit"].Value == "Seconds" ? "s" : "min")}"
        : Text(expression.Split('*').Aggregate(1, (product, factor) => product * int.Parse(factor.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("^`(?<section>[A-Z][a-z]+):(?<name>[A-Za-z]+)`$")]
    private static partial Regex SettingName();

    [GeneratedRegex("<summary>[^<]*[Ss]ection <c>([A-Za-z]+)</c>")]
    private static partial Regex SectionComment();

    [GeneratedRegex(@"public (int|bool|TimeSpan) (?<name>\w+) \{ get; (set|init); \} = (?<value>[\w .()*]+);")]
    private static partial Regex PropertyDefault();

    [GeneratedRegex(@"TimeSpan\.From(?<unit>Seconds|Minutes)\((?<number>\d+)\)")]
    private static partial Regex Duration();
}
