using System.CommandLine;
using OrleansChat.ChatCheck.Faults;
using OrleansChat.LocalCluster;

namespace OrleansChat.ChatCheck;

/// <summary>The words that may follow <c>dotnet run -c Release --project tools/chatcheck --</c>.</summary>
internal static class CheckCommand
{
    private static readonly Option<string[]> Urls = Many("--url", "ws://host:port", "a gateway of a cluster that runs already, as often as there are; without, a cluster is started for the run");
    private static readonly Option<int> Minutes = OptionOf.Number("--minutes", 1, 0, 600, "how long the load lasts");
    private static readonly Option<int> Seconds = OptionOf.Number("--seconds", 0, 0, 36_000, "the same in seconds, added to --minutes; alone, instead of them");
    private static readonly Option<int> Seed = OptionOf.Number("--seed", 0, 0, int.MaxValue, "which faults come when; 0 for any");
    private static readonly Option<int> Rate = OptionOf.Number("--rate", 1000, 1, 1_000_000, "the most sends a second, over all writers");
    private static readonly Option<int> Rooms = OptionOf.Number("--rooms", 8, 2, 1000, "how many rooms; a quarter of them are quiet");
    private static readonly Option<int> Writers = OptionOf.Number("--writers", 12, 1, 10_000, "how many users send");
    private static readonly Option<int> Readers = OptionOf.Number("--readers", 12, 1, 10_000, "how many users read");

    private static readonly Option<string> Faults = new("--faults")
    {
        Description = "what may happen: kill, stop, drain, restart, database, cut, with commas between; or none. Of --url, only cut. All that can be, where it is missing",
        HelpName = "kill,stop,...",
    };

    private static readonly Option<int> Every = OptionOf.Number("--every", 10, 1, 3600, "the usual seconds from one fault to the next");
    private static readonly Option<int> Silos = OptionOf.Number("--silos", 3, 1, 16, "how many silos to start; more than one needs --store postgres");
    private static readonly Option<int> Gateways = OptionOf.Number("--gateways", 3, 1, 16, "how many gateways to start");
    private static readonly Option<string> Kept = OptionOf.Choice("--store", ["postgres", "sqlite", "memory"], "where the started cluster keeps messages");
    private static readonly Option<int> Late = OptionOf.Number("--late", 6, 1, 600, "seconds after its ok within which an event has to come, while nothing is disturbed");
    private static readonly Option<int> Settle = OptionOf.Number("--settle", 60, 1, 3600, "seconds after the last fault within which everybody has to reach the head");
    private static readonly Option<string> Presence = OptionOf.Choice("--presence", ["on", "off"], "whether the end waits for the bound of presence and asks who is there");
    private static readonly Option<string?> Logs = new("--logs") { Description = "where the logs of the started processes are kept; where it is missing, only if something is wrong", HelpName = "directory" };
    private static readonly Option<string[]> SiloPrograms = Many("--silo-program", "path", "a program to start as a silo; several take turns");
    private static readonly Option<string[]> GatewayPrograms = Many("--gateway-program", "path", "a program to start as a gateway; several take turns");
    private static readonly Option<string[]> Settings = Many("--set", "Path:Key=value", "a setting of the started processes; gateway/Path:Key=value or silo-2/Path:Key=value for some of them");
    private static readonly Option<string?> Token = new("--token-command") { Description = "with --url: a program that prints a bearer token for the user that it is given, such as deploy/token.sh", HelpName = "path" };

    /// <summary>What was asked for, or null where that was help, which has been printed. Throws <see cref="CannotStartException"/> for anything wrong.</summary>
    public static CheckOptions? Read(string[] args, out int exitCode)
    {
        CheckOptions? options = null;
        var root = new RootCommand("Checks what OrleansChat promises: users write and read while processes are killed, and then every history is compared with the log.")
        {
            Urls, Minutes, Seconds, Seed, Rate, Rooms, Writers, Readers, Faults, Every, Silos, Gateways, Kept, Late, Settle, Presence, Logs, SiloPrograms, GatewayPrograms, Settings, Token,
        };
        root.SetAction(given => options = Checked(given));

        var parsed = root.Parse(args);
        if (parsed.Errors is [var first, ..])
        {
            throw new CannotStartException($"{first.Message.TrimEnd('.')} (--help names every option)");
        }

        exitCode = parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
        return options;
    }

    private static CheckOptions Checked(ParseResult given)
    {
        var store = Enum.Parse<Store>(given.GetValue(Kept)!, ignoreCase: true);
        var silos = store is not Store.Postgres && given.GetResult(Silos) is null or { Implicit: true } ? 1 : given.GetValue(Silos);
        var urls = (given.GetValue(Urls) ?? []).Select(UrlOf).ToArray();
        if (silos > 1 && store is not Store.Postgres)
        {
            throw new CannotStartException($"--silos {silos} needs --store postgres.");
        }

        if (urls.Length == 0 && given.GetValue(Token) is not null)
        {
            throw new CannotStartException("--token-command goes with --url.");
        }

        var seconds = given.GetValue(Seconds);
        var minutes = seconds > 0 && given.GetResult(Minutes) is null or { Implicit: true } ? 0 : given.GetValue(Minutes);
        return new(
            urls,
            TimeSpan.FromSeconds(Math.Max(1, (60 * minutes) + seconds)),
            given.GetValue(Seed) is > 0 and var seed ? seed : Random.Shared.Next(1, 1_000_000),
            given.GetValue(Rate),
            given.GetValue(Rooms),
            given.GetValue(Writers),
            given.GetValue(Readers),
            FaultsOf(given.GetValue(Faults), urls.Length > 0, store),
            TimeSpan.FromSeconds(given.GetValue(Every)),
            silos,
            given.GetValue(Gateways),
            store,
            given.GetValue(Logs) is { } logs ? Path.GetFullPath(logs) : null,
            given.GetValue(Token) is { } token ? Path.GetFullPath(token) : null)
        {
            Late = TimeSpan.FromSeconds(given.GetValue(Late)),
            Settle = TimeSpan.FromSeconds(given.GetValue(Settle)),
            Presence = given.GetValue(Presence) is "on",
            SiloPrograms = [.. (given.GetValue(SiloPrograms) ?? []).Select(Path.GetFullPath)],
            GatewayPrograms = [.. (given.GetValue(GatewayPrograms) ?? []).Select(Path.GetFullPath)],
            Settings = [.. (given.GetValue(Settings) ?? []).Select(SettingOf)],
        };
    }

    private static FaultKind[] FaultsOf(string? given, bool others, Store store)
    {
        var possible = Enum.GetValues<FaultKind>()
            .Where(kind => !others || kind is FaultKind.Cut)
            .Where(kind => kind is not FaultKind.Database || store is Store.Postgres)
            .ToArray();
        return given switch
        {
            null => possible,
            "none" => [],
            _ => [.. given.Split(',', StringSplitOptions.TrimEntries).Select(Known)],
        };

        FaultKind Known(string word) => possible.Cast<FaultKind?>().FirstOrDefault(kind => kind.ToString()!.Equals(word, StringComparison.OrdinalIgnoreCase))
            ?? throw new CannotStartException($"--faults '{word}' cannot be here: only {string.Join(", ", possible.Select(kind => kind.ToString().ToLowerInvariant()))}, or none.");
    }

    private static Uri UrlOf(string given) =>
        Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is "ws" or "wss" && string.IsNullOrEmpty(url.Query)
            ? url
            : throw new CannotStartException($"--url '{given}' is not of the form ws://host:port.");

    private static (string? Child, string Path, string Value) SettingOf(string given)
    {
        var equals = given.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new CannotStartException($"--set '{given}' is not of the form Path:Key=value.");
        }

        var name = given[..equals];
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? null : name[..slash], name[(slash + 1)..], given[(equals + 1)..]);
    }

    private static Option<string[]> Many(string name, string form, string description) => new(name) { Description = description, HelpName = form };
}
