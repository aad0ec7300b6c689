using System.CommandLine;
using OrleansChat.ChatCheck.Faults;
using OrleansChat.LocalCluster;

namespace OrleansChat.ChatCheck;

/// <summary>The options of <c>dotnet run -c Release --project tools/chatcheck --</c>.</summary>
internal static class CheckCommand
{
    private static readonly Option<string[]> Urls = Many(
        "--url", "ws://host:port",
        "the address of a gateway of a running cluster; give this option once for each gateway. Without this option, chatcheck starts its own cluster");
    private static readonly Option<int> Minutes = OptionOf.Number(
        "--minutes", 1, 0, 600,
        "duration of the load in minutes");
    private static readonly Option<int> Seconds = OptionOf.Number(
        "--seconds", 0, 0, 36_000,
        "duration of the load in seconds; added to --minutes if both are given");
    private static readonly Option<int> Seed = OptionOf.Number(
        "--seed", 0, 0, int.MaxValue,
        "seed of the fault sequence; 0 for a random seed");
    private static readonly Option<int> Rate = OptionOf.Number(
        "--rate", 1000, 1, 1_000_000,
        "maximum sends per second of all writers together");
    private static readonly Option<int> Rooms = OptionOf.Number(
        "--rooms", 8, 2, 1000,
        "number of rooms; a quarter of them are quiet: they get a message only every 7 to 9 s");
    private static readonly Option<int> Writers = OptionOf.Number(
        "--writers", 12, 1, 10_000,
        "number of users that send to the busy rooms");
    private static readonly Option<int> Readers = OptionOf.Number(
        "--readers", 12, 1, 10_000,
        "number of users that read");

    private static readonly Option<string> Faults = new("--faults")
    {
        Description = "the faults to inject, separated by commas: kill, stop, drain, restart, database, cut; or none. With --url, only cut is possible. Default: all possible faults",
        HelpName = "kill,stop,...",
    };

    private static readonly Option<int> Every = OptionOf.Number(
        "--every", 10, 1, 3600,
        "typical seconds from one fault to the next");
    private static readonly Option<int> Silos = OptionOf.Number(
        "--silos", 3, 1, 16,
        "number of silos to start; more than one needs --store postgres");
    private static readonly Option<int> Gateways = OptionOf.Number(
        "--gateways", 3, 1, 16,
        "number of gateways to start");
    private static readonly Option<string> StoreOption = OptionOf.Choice(
        "--store", ["postgres", "sqlite", "memory"],
        "where chatcheck's own cluster stores messages");
    private static readonly Option<int> Late = OptionOf.Number(
        "--late", 6, 1, 600,
        "maximum seconds from the ok of a message to its delivery while no fault disturbs the cluster. With --url, this time is checked only if the option is given");
    private static readonly Option<int> Settle = OptionOf.Number(
        "--settle", 60, 1, 3600,
        "maximum seconds for each wait after the load, such as the wait until every client has received everything");
    private static readonly Option<string> Presence = OptionOf.Choice(
        "--presence", ["on", "off"],
        "whether to ask who is in a room and check the answers. With --url, the default is off");
    private static readonly Option<int> Lists = OptionOf.Number(
        "--lists", 5, 0, 1000,
        "how often per second each writer and each reader asks for its list of conversations, so that the run can check its counts; 0 for never. With --url, the default is 1");
    private static readonly Option<int> Followed = OptionOf.Number(
        "--followed", 40, 0, 90,
        "number of further channels that each writer and each reader follows, so that the lists of conversations are long. These channels get a message only every 7 to 9 s");
    private static readonly Option<string?> Logs = new("--logs")
    {
        Description = "directory for the logs of the started processes; without it, the logs are kept only if a check fails",
        HelpName = "directory"
    };
    private static readonly Option<string[]> SiloPrograms = Many(
        "--silo-program", "path",
        "a program to start as a silo. If the option is given more than once, the silos use the programs in turn");
    private static readonly Option<string[]> GatewayPrograms = Many(
        "--gateway-program", "path",
        "a program to start as a gateway. If the option is given more than once, the gateways use the programs in turn");
    private static readonly Option<string[]> Settings = Many(
        "--set", "Path:Key=value",
        "a setting for all started processes. Write gateway/Path:Key=value to set it only for the gateways, and silo-2/Path:Key=value to set it only for silo-2");
    private static readonly Option<string?> Token = new("--token-command")
    {
        Description = "with --url: a program that gets a user name as its argument and prints a bearer token for this user, such as deploy/token.sh",
        HelpName = "path"
    };

    /// <inheritdoc cref="OptionOf.Read{T}"/>
    public static CheckOptions? Read(string[] args, out int exitCode)
    {
        var root = new RootCommand(
            "Checks the promises of OrleansChat. Clients send and read while processes are killed. Then everything that the clients received is compared with the log. Exit code 0: every promise held; 1: a violation; 2: nothing could be checked.")
        {
            Urls, Minutes, Seconds, Seed, Rate, Rooms, Writers, Readers, Faults, Every, Silos, Gateways, StoreOption, Late, Settle, Presence, Lists, Followed, Logs, SiloPrograms, GatewayPrograms, Settings, Token,
        };
        return OptionOf.Read(root, Checked, args, out exitCode);
    }

    private static CheckOptions Checked(ParseResult given)
    {
        var store = Enum.Parse<Store>(given.GetValue(StoreOption)!, ignoreCase: true);
        var silos = store is not Store.Postgres && given.GetResult(Silos) is null or { Implicit: true } ? 1 : given.GetValue(Silos);
        var urls = (given.GetValue(Urls) ?? []).Select(ParseUrl).ToArray();
        if (silos > 1 && store is not Store.Postgres)
        {
            throw new CannotStartException($"--silos {silos} needs --store postgres.");
        }

        if (urls.Length == 0 && given.GetValue(Token) is not null)
        {
            throw new CannotStartException("--token-command needs --url.");
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
            ParseFaults(given.GetValue(Faults), urls.Length > 0, store),
            TimeSpan.FromSeconds(given.GetValue(Every)),
            silos,
            given.GetValue(Gateways),
            store,
            given.GetValue(Logs) is { } logs ? Path.GetFullPath(logs) : null,
            given.GetValue(Token) is { } token ? Path.GetFullPath(token) : null)
        {
            Late = IsChecked(Late) ? TimeSpan.FromSeconds(given.GetValue(Late)) : null,
            Settle = TimeSpan.FromSeconds(given.GetValue(Settle)),
            Presence = IsChecked(Presence) && given.GetValue(Presence) is "on",
            Lists = urls.Length > 0 && !IsGiven(Lists) ? 1 : given.GetValue(Lists),
            Followed = given.GetValue(Followed),
            SiloPrograms = [.. (given.GetValue(SiloPrograms) ?? []).Select(Path.GetFullPath)],
            GatewayPrograms = [.. (given.GetValue(GatewayPrograms) ?? []).Select(Path.GetFullPath)],
            Settings = [.. (given.GetValue(Settings) ?? []).Select(SettingOf)],
        };

        // The time limits of presence and lateness do not apply while a silo restarts. With --url, chatcheck does not
        // know when a silo restarts. So with --url, it checks a limit only if the option of this limit is given.
        bool IsChecked(Option option) => urls.Length == 0 || IsGiven(option);

        bool IsGiven(Option option) => given.GetResult(option) is { Implicit: false };
    }

    private static FaultKind[] ParseFaults(string? given, bool others, Store store)
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
            ?? throw new CannotStartException($"--faults '{word}' is not possible here: use only {string.Join(", ", possible.Select(kind => kind.ToString().ToLowerInvariant()))}, or none.");
    }

    private static Uri ParseUrl(string given) =>
        Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is "ws" or "wss" && string.IsNullOrEmpty(url.Query)
            ? url
            : throw new CannotStartException($"--url '{given}' must have the form ws://host:port.");

    private static (string? Child, string Path, string Value) SettingOf(string given)
    {
        var equals = given.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            throw new CannotStartException($"--set '{given}' must have the form Path:Key=value.");
        }

        var name = given[..equals];
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return (slash < 0 ? null : name[..slash], name[(slash + 1)..], given[(equals + 1)..]);
    }

    private static Option<string[]> Many(string name, string form, string description) => new(name) { Description = description, HelpName = form };
}
