using System.CommandLine;
using OrleansChat.Protocol;

namespace OrleansChat.LocalCluster;

/// <summary>The words that may follow <c>dotnet run --project LocalCluster</c>.</summary>
internal static class CommandLine
{
    private static readonly Option<int> Silos = OptionOf.Number("--silos", 1, 1, 16, "how many silos; more than one needs --store postgres");
    private static readonly Option<int> Gateways = OptionOf.Number("--gateways", 2, 1, 16, "how many gateways");
    private static readonly Option<int> Port = OptionOf.Number("--port", 8080, 1, 65535, "the first gateway's port; the others take the next ones");
    private static readonly Option<string> Kept = OptionOf.Choice("--store", ["sqlite", "postgres", "memory"], "where messages are kept");
    private static readonly Option<string> Limits = OptionOf.Choice("--limits", ["off", "on"], "whether a user may send only so many messages a second");
    private static readonly Option<string> Restart = OptionOf.Choice("--restart", ["on", "off"], "whether a process that dies is started again");

    private static readonly Option<string> Identity = OptionOf.Choice(
        "--identity", ["development", "tokens"], "how people say who they are: by ?user=, or by tokens that this program makes for the run");

    private static readonly Option<string[]> Users = new("--user")
    {
        Description = "with --identity tokens: a user to make a token for, as often as you like; alice and bob where it is missing",
        HelpName = "name",
    };

    private static readonly Option<string?> Connection = new("--connection")
    {
        Description = "PostgreSQL, such as \"Host=localhost;Username=chat;Password=...;Database=chat\"",
        HelpName = "string",
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "the directory of the SQLite store",
        HelpName = "directory",
        DefaultValueFactory = _ => "data",
    };

    /// <summary>What was asked for, or null where that was help, which has been printed. Throws <see cref="CannotStartException"/> for anything wrong.</summary>
    public static LocalOptions? Read(string[] args, out int exitCode)
    {
        LocalOptions? options = null;
        var root = new RootCommand("Starts an OrleansChat cluster on this machine: silos and gateways, each a process of its own. Ctrl-C stops them.")
        {
            Silos, Gateways, Kept, Connection, Data, Port, Limits, Restart, Identity, Users,
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

    private static LocalOptions Checked(ParseResult given)
    {
        var users = given.GetValue(Users) ?? [];
        var identity = Enum.Parse<LocalIdentity>(given.GetValue(Identity)!, ignoreCase: true);
        var options = new LocalOptions(
            given.GetValue(Silos),
            given.GetValue(Gateways),
            Enum.Parse<Store>(given.GetValue(Kept)!, ignoreCase: true),
            given.GetValue(Connection),
            Path.GetFullPath(given.GetValue(Data)!),
            given.GetValue(Port),
            given.GetValue(Limits) is "on",
            given.GetValue(Restart) is "on",
            identity,
            identity is LocalIdentity.Tokens && users is [] ? ["alice", "bob"] : [.. users.Distinct()]);

        return options switch
        {
            { Store: Store.Postgres, Connection: null } => throw new CannotStartException(
                "--store postgres needs --connection, such as \"Host=localhost;Username=chat;Password=...;Database=chat\"."),
            { Store: not Store.Postgres, Connection: not null } => throw new CannotStartException("--connection goes with --store postgres."),
            { Store: not Store.Postgres, Silos: > 1 } => throw new CannotStartException(
                $"--silos {options.Silos} needs --store postgres and --connection: silos find each other, and keep what must outlive one of them, in PostgreSQL."),
            { Identity: LocalIdentity.Development, Users: not [] } => throw new CannotStartException("--user goes with --identity tokens."),
            _ when options.Users.FirstOrDefault(user => !UserId.IsValid(user)) is { } user => throw new CannotStartException($"--user '{user}' cannot be: {UserId.Rule}."),
            _ when options.Port + options.Gateways - 1 > 65535 => throw new CannotStartException(
                $"--port {options.Port} leaves no room for {options.Gateways} gateways: ports end at 65535."),
            _ => options,
        };
    }
}
