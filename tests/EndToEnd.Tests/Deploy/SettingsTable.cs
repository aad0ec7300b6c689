using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// Renders the tables of settings in docs/operations.md: one table per section, from the attributes, defaults and
/// comments of the types.
/// </summary>
internal static partial class SettingsTable
{
    private static readonly Lazy<string[]> Sources = new(() =>
    [
        .. Directory.EnumerateFiles(DeployTree.Root, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(DeployTree.Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "tests"))
            .Select(File.ReadAllText),
    ]);

    /// <summary>Returns all tables as Markdown.</summary>
    public static string Render()
    {
        var page = new StringBuilder();
        foreach (var section in SettingsCatalog.Sections.GroupBy(section => (section.Name, section.Type.FullName)).OrderBy(section => section.Key))
        {
            var readers = string.Join(" and ", section.Select(reader => reader.Program.ToLowerInvariant() + "s").Order().Reverse());
            page.AppendLine().Append(CultureInfo.InvariantCulture, $"**`{section.Key.Name}`**, read by {readers}").AppendLine().AppendLine();
            page.AppendLine("| setting | default | range | unit | what it is |").AppendLine("|---|---|---|---|---|");
            foreach (var setting in section.First().Settings)
            {
                page.Append(CultureInfo.InvariantCulture, $"| `{setting.Path}` | {Default(setting)} | {Range(setting)} | {Unit(setting)} | {Summary(setting)} |").AppendLine();
            }
        }

        page.AppendLine().AppendLine("**Renamed settings.** This version accepts the names of 0.1.0 too, and logs a warning for each.").AppendLine();
        page.AppendLine("| old name | name |").AppendLine("|---|---|");
        foreach (var (old, now, unit) in SettingsCatalog.Renamed)
        {
            var converted = unit is null ? "" : unit == TimeSpan.FromSeconds(1) ? ", converted from seconds" : ", converted from milliseconds";
            page.Append(CultureInfo.InvariantCulture, $"| {Name(old)} | {Name(now)}{converted} |").AppendLine();
        }

        page.AppendLine().AppendLine("**Removed settings.** These settings of 0.1.0 are constants now. This version ignores them, and logs a warning for each.").AppendLine();
        foreach (var section in SettingsCatalog.Removed.GroupBy(name => name.Split(':')[0]))
        {
            var names = section.Select(name => name.Contains(':', StringComparison.Ordinal) ? $"`{name.Split(':', 2)[1]}`" : "the whole section");
            page.Append(CultureInfo.InvariantCulture, $"- **`{section.Key}`**: {string.Join(", ", names)}").AppendLine();
        }

        return page.ToString();

        static string Name(string name) => name.Contains(':', StringComparison.Ordinal) ? $"`{name}`" : $"section `{name}`";
    }

    private static string Default(Setting setting) => setting.Default is null or "" ? "" : $"`{Written(setting.Default)}`";

    private static string Range(Setting setting)
    {
        if (setting.Kind.IsEnum)
        {
            return string.Join(", ", Enum.GetNames(setting.Kind).Select(name => $"`{name}`"));
        }

        if (setting.Kind == typeof(bool))
        {
            return "`true`, `false`";
        }

        var (range, length) = (setting.Property.GetCustomAttribute<RangeAttribute>(), setting.Property.GetCustomAttribute<StringLengthAttribute>());
        return range is not null ? $"{Bound(range.Minimum)} to {Bound(range.Maximum)}"
            : length is not null ? $"{length.MinimumLength} to {length.MaximumLength} characters"
            : "";

        string Bound(object bound) => setting.Kind == typeof(TimeSpan)
            ? Written(TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture))
            : Written(bound);
    }

    private static string Unit(Setting setting) => setting.Kind == typeof(TimeSpan) ? "h:m:s"
        : setting.Kind == typeof(string) || setting.Kind.IsEnum || setting.Kind == typeof(bool) ? ""
        : setting.Property.Name switch
        {
            var name when name.EndsWith("PerSecond", StringComparison.Ordinal) => "a second",
            var name when name.EndsWith("Bytes", StringComparison.Ordinal) => "bytes",
            var name when name.EndsWith("Port", StringComparison.Ordinal) => "port",
            _ => "number",
        };

    private static string Written(object value) => value switch
    {
        TimeSpan time => time.ToString(time.Milliseconds == 0 ? "c" : @"hh\:mm\:ss\.FFF", CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>
    /// Returns the summary of the property's doc comment, from the source. If there is no doc comment, fails with the
    /// name of the property.
    /// </summary>
    private static string Summary(Setting setting)
    {
        var (type, name) = (setting.Property.DeclaringType!.Name, setting.Property.Name);
        var declared = new Regex($@"\b(?:class|record) {type}\b");
        var comment = new Regex($@"(?<lines>(?:^[ \t]*///.*\n)+)(?:[ \t]*\[.*\][ \t]*\n)*[ \t]*(?:\[.*\] )*public (?:required )?[\w<>?\[\].]+ {name} \{{", RegexOptions.Multiline);
        var source = Sources.Value.SingleOrDefault(source => declared.IsMatch(source)) ?? throw new InvalidOperationException($"No source declares {type}.");
        var found = comment.Match(source, declared.Match(source).Index);
        Assert.True(found.Success, $"{type}.{name} has no doc comment. It needs one, because docs/operations.md shows it.");

        var xml = XElement.Parse($"<comment>{Slashes().Replace(found.Groups["lines"].Value, "")}</comment>");
        var text = string.Concat(xml.Element("summary")!.Nodes().Select(Plain));
        return Spaces().Replace(text, " ").Trim().TrimEnd('.').Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string Plain(XNode node) => node switch
    {
        XElement { Name.LocalName: "see" } see => $"`{((string?)see.Attribute("cref") ?? (string?)see.Attribute("langword"))!.Split('.')[^1]}`",
        XElement element => $"`{element.Value}`",
        XText text => text.Value,
        _ => "",
    };

    [GeneratedRegex(@"^[ \t]*///[ ]?", RegexOptions.Multiline)]
    private static partial Regex Slashes();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
