using System.CommandLine;
using OrleansChat.Protocol;

namespace OrleansChat.LocalCluster;

/// <summary>The options of <c>dotnet run --project LocalCluster</c>.</summary>
internal static class CommandLine
{
    private static readonly Option<int> Silos = OptionOf.Number(
        "--silos", 1, 1, 16,
        "number of silos; more than one needs --store postgres");
    private static readonly Option<int> Gateways = OptionOf.Number("--gateways", 2, 1, 16, "number of gateways");
    private static readonly Option<int> Port = OptionOf.Number(
        "--port", 8080, 1, 65535,
        "port of the first gateway; the others take the next ports");
    private static readonly Option<string> StoreOption = OptionOf.Choice(
        "--store", ["sqlite", "postgres", "memory"],
        "where messages are stored: in a SQLite file, in PostgreSQL, or in memory (lost when the silo stops)");
    private static readonly Option<string> Limits = OptionOf.Choice(
        "--limits", ["off", "on"],
        "on: the default limits per user and connection; off: limits far above normal use");
    private static readonly Option<string> Restart = OptionOf.Choice(
        "--restart", ["on", "off"],
        "whether to restart a process that dies");

    private static readonly Option<string> Identity = OptionOf.Choice(
        "--identity", ["development", "tokens"], "how users are identified: by ?user=NAME, or by tokens that this program issues for the run");

    private static readonly Option<string[]> Users = new("--user")
    {
        Description = "with --identity tokens: a user to issue a token for; may be repeated; the default is alice and bob",
        HelpName = "name",
    };

    private const string ConnectionVariable = "ORLEANSCHAT_CONNECTION";

    private static readonly Option<string?> Connection = new("--connection")
    {
        Description = "connection string of PostgreSQL, such as \"Host=localhost;Username=chat;Password=...;Database=chat\". Every user of this machine "
            + $"can read command lines: for a string with a password, use --connection-file or the environment variable {ConnectionVariable}",
        HelpName = "string",
    };

    private static readonly Option<string?> ConnectionFile = new("--connection-file")
    {
        Description = "a file whose first non-empty line is the connection string of PostgreSQL",
        HelpName = "file",
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description = "directory of the SQLite file",
        HelpName = "directory",
        DefaultValueFactory = _ => "data",
    };

    /// <inheritdoc cref="OptionOf.Read{T}"/>
    public static LocalOptions? Read(string[] args, out int exitCode)
    {
        var root = new RootCommand(
            "Starts an OrleansChat cluster on this machine: silos and gateways, each as its own process. Without options: one silo, gateways at http://localhost:8080 and http://localhost:8081, messages in ./data. Ctrl-C stops everything.")
        {
            Silos, Gateways, StoreOption, Connection, ConnectionFile, Data, Port, Limits, Restart, Identity, Users,
        };
        return OptionOf.Read(root, Checked, args, out exitCode);
    }

    /// <summary>
    /// Returns the connection string from <c>--connection</c> or <c>--connection-file</c>. If neither option is given
    /// and the store is PostgreSQL, returns the value of the environment variable. Otherwise returns null.
    /// </summary>
    private static string? ConnectionOf(ParseResult given)
    {
        var (text, file, postgres) = (given.GetValue(Connection), given.GetValue(ConnectionFile), given.GetValue(StoreOption) is "postgres");
        if ((text ?? file) is not null && !postgres)
        {
            throw new CannotStartException($"{(text is null ? "--connection-file" : "--connection")} needs --store postgres.");
        }

        if (text is not null && file is not null)
        {
            throw new CannotStartException("--connection and --connection-file cannot be used together: give one of them.");
        }

        try
        {
            return text ?? (file is not null ? File.ReadLines(file).FirstOrDefault(line => line.Length > 0)
                ?? throw new CannotStartException($"--connection-file {file} is empty.")
                : postgres ? Environment.GetEnvironmentVariable(ConnectionVariable) : null);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"--connection-file {file} cannot be read: {exception.Message}");
        }
    }

    private static LocalOptions Checked(ParseResult given)
    {
        var users = given.GetValue(Users) ?? [];
        var identity = Enum.Parse<LocalIdentity>(given.GetValue(Identity)!, ignoreCase: true);
        var options = new LocalOptions(
            given.GetValue(Silos),
            given.GetValue(Gateways),
            Enum.Parse<Store>(given.GetValue(StoreOption)!, ignoreCase: true),
            ConnectionOf(given),
            Path.GetFullPath(given.GetValue(Data)!),
            given.GetValue(Port),
            given.GetValue(Limits) is "on",
            given.GetValue(Restart) is "on",
            identity,
            identity is LocalIdentity.Tokens && users is [] ? ["alice", "bob"] : [.. users.Distinct()]);

        return options switch
        {
            { Store: Store.Postgres, Connection: null } => throw new CannotStartException(
                $"--store postgres needs --connection, --connection-file or {ConnectionVariable}, such as \"Host=localhost;Username=chat;Password=...;Database=chat\"."),
            { Store: not Store.Postgres, Silos: > 1 } => throw new CannotStartException(
                $"--silos {options.Silos} needs --store postgres and --connection: several silos share the cluster membership and the messages in PostgreSQL."),
            { Identity: LocalIdentity.Development, Users: not [] } => throw new CannotStartException("--user needs --identity tokens."),
            _ when options.Users.FirstOrDefault(user => !UserId.IsValid(user)) is { } user => throw new CannotStartException($"--user '{user}' is not a valid user id: {UserId.Rule}."),
            _ when options.Port + options.Gateways - 1 > 65535 => throw new CannotStartException(
                $"--port {options.Port} is too high: the {options.Gateways} gateways take this port and the next ones, and the highest port is 65535."),
            _ => options,
        };
    }
}
