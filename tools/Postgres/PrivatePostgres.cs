using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace OrleansChat.Postgres;

/// <summary>
/// A PostgreSQL server that only this process uses, so this process may pause, kill and delete it. The server has a new
/// directory, a free port and a random password. A shell starts the server, reads a pipe from this process, and stops
/// the server when the pipe closes. So the server ends when this process ends, even if this process is killed.
/// </summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _bin;
    private readonly string _directory;
    private readonly string _password;
    private readonly bool _fsync;
    private int _port;
    private int _databases;
    private Process? _keeper;

    private PrivatePostgres(string bin, string directory, string password, bool fsync)
    {
        _bin = bin;
        _directory = directory;
        _password = password;
        _fsync = fsync;
    }

    /// <summary>The error text if <see cref="IsInstalled"/> is false: what is missing and how to install it.</summary>
    public const string Missing = "PostgreSQL is not installed on this machine. On Debian and Ubuntu: apt-get install postgresql; on macOS: brew install postgresql.";

    /// <summary>
    /// Whether PostgreSQL's programs are on this machine, in <c>PATH</c> or in Debian's <c>/usr/lib/postgresql</c>.
    /// </summary>
    public static bool IsInstalled => FindBin() is not null;

    /// <summary>
    /// Whether <see cref="PauseAsync"/> and <see cref="KillAsync"/> work on this machine. They need /proc, which only
    /// Linux has.
    /// </summary>
    public static bool CanBePaused => OperatingSystem.IsLinux();

    /// <summary>
    /// Creates a server and waits until it answers. Throws <see cref="InvalidOperationException"/> if PostgreSQL is not
    /// installed or does not answer within 60 s.
    /// </summary>
    /// <param name="fsync">False is faster, but after a power failure, commits may be missing.</param>
    public static async Task<PrivatePostgres> StartAsync(bool fsync = true)
    {
        var bin = FindBin() ?? throw new InvalidOperationException(Missing);
        var directory = Directory.CreateTempSubdirectory("orleanschat-pg-").FullName;
        var server = new PrivatePostgres(bin, directory, RandomNumberGenerator.GetHexString(24), fsync);
        try
        {
            await server.MakeAsync();
            await server.LaunchAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string to the database <c>postgres</c>, as superuser.</summary>
    public string ConnectionString => ConnectionTo("postgres");

    /// <summary>The port on 127.0.0.1. It stays the same after a restart.</summary>
    public int Port => _port;

    /// <summary>The process id of the postmaster, whose child processes serve the connections.</summary>
    public int ProcessId => int.Parse(Postmaster, CultureInfo.InvariantCulture);

    private string Postmaster => File.ReadLines(Path.Combine(_directory, "data", "postmaster.pid")).First();

    /// <summary>Creates an empty database and returns a connection string to it.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionTo(name);
    }

    /// <summary>
    /// Freezes the server: connections stay open and the server answers nothing, as if the network dropped every
    /// packet.
    /// </summary>
    public Task PauseAsync() => SignalAsync("STOP");

    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Kills every process of the server at once, without a shutdown. Committed data survives.</summary>
    public async Task KillAsync()
    {
        // If only the postmaster were killed, its children would end later. Until then, no new server could start on
        // the same data.
        await PauseAsync();
        List<string> all = [Postmaster, .. ChildrenOf(Postmaster)];
        await SendAsync("KILL", all);
        await StopKeeperAsync("keep");
        for (var started = Stopwatch.StartNew(); all.Exists(IsAlive); await Task.Delay(5))
        {
            if (started.Elapsed > StartLimit)
            {
                throw new InvalidOperationException($"PostgreSQL was killed but still runs after {StartLimit.TotalSeconds} s.");
            }
        }
    }

    /// <summary>
    /// Restarts the server after <see cref="KillAsync"/>, with the same data and port, and waits until it has
    /// recovered.
    /// </summary>
    public Task RestartAsync() => LaunchAsync();

    /// <summary>Stops the server and deletes its directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopKeeperAsync("");
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static string? FindBin()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(at => Version(at)).Select(version => Path.Combine(version, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return path.Concat(debian).FirstOrDefault(at => File.Exists(Path.Combine(at, "initdb")) && File.Exists(Path.Combine(at, "postgres")));

        static double Version(string directory) =>
            double.TryParse(Path.GetFileName(directory), NumberStyles.Float, CultureInfo.InvariantCulture, out var version) ? version : 0;
    }

    private string ConnectionTo(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Username = "chat",
        Password = _password,
        Database = database,
    }.ToString();

    private async Task MakeAsync()
    {
        var password = Path.Combine(_directory, "password");
        await File.WriteAllTextAsync(password, _password);
        if (Environment.IsPrivilegedProcess)
        {
            // PostgreSQL refuses to run as root, so it will run as another account. That account becomes the owner of
            // the directory.
            await RunAsync("chown", ["-R", Account(), _directory]);
        }

        await RunAsync(AsAccount(
        [
            Path.Combine(_bin, "initdb"), "--pgdata", Path.Combine(_directory, "data"), "--username", "chat", "--pwfile", password,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-locale", "--no-sync",
        ]));
        File.Delete(password);
    }

    private async Task LaunchAsync()
    {
        var (started, log) = (Stopwatch.StartNew(), Path.Combine(_directory, "log"));
        _port = _port == 0 ? FreePort() : _port;

        // The shell's input ends when this process ends. Then the shell stops the server at once, even a frozen server,
        // and removes the directory. If the shell has read the word "keep", it leaves the directory for a restart.
        var postgres = string.Create(
            CultureInfo.InvariantCulture,
            $"exec >/dev/null 2>&1; trap '' INT HUP TERM; "
            + $"'{_bin}/postgres' -D '{_directory}/data' -p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='{_directory}' "
            + $"-c fsync={(_fsync ? "on" : "off")} -c max_connections=200 -c shared_buffers=64MB >>'{log}' 2>&1 & pid=$!; "
            + $"read -r word; kill -CONT $pid; kill -QUIT $pid; wait $pid; [ \"$word\" = keep ] || rm -rf '{_directory}'");
        var command = AsAccount(["/bin/sh", "-c", postgres]);
        _keeper = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, WorkingDirectory = _directory })!;

        while (!await AnswersAsync())
        {
            if (_keeper.HasExited || started.Elapsed > StartLimit)
            {
                var said = File.Exists(log) ? await File.ReadAllTextAsync(log) : "";
                throw new InvalidOperationException($"PostgreSQL did not answer within {StartLimit.TotalSeconds} s on port {_port}:\n{said}");
            }

            await Task.Delay(20);
        }
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false;Timeout=2");
            await connection.OpenAsync();
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return false;
        }
    }

    private async Task StopKeeperAsync(string word)
    {
        if (_keeper is not { } keeper)
        {
            return;
        }

        _keeper = null;
        await keeper.StandardInput.WriteLineAsync(word);
        keeper.StandardInput.Close();
        await keeper.WaitForExitAsync().WaitAsync(StartLimit);
        keeper.Dispose();
    }

    /// <summary>Signals the postmaster before its children, so that it starts no new child in between.</summary>
    private async Task SignalAsync(string signal)
    {
        if (!CanBePaused)
        {
            throw new PlatformNotSupportedException("Freezing or killing all processes of a PostgreSQL server needs /proc, which exists only on Linux.");
        }

        await SendAsync(signal, [Postmaster]);
        await SendAsync(signal, ChildrenOf(Postmaster));
    }

    private static Task SendAsync(string signal, List<string> pids) => pids.Count == 0
        ? Task.CompletedTask
        // A child may end after it was listed and before it is signalled, so errors are ignored.
        : RunAsync(["/bin/sh", "-c", $"for pid in {string.Join(' ', pids)}; do kill -{signal} $pid 2>/dev/null || true; done"]);

    private static List<string> ChildrenOf(string parent)
    {
        var children = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(at => char.IsAsciiDigit(Path.GetFileName(at)[0])))
        {
            try
            {
                if (Stat(process)[1] == parent)
                {
                    children.Add(Path.GetFileName(process));
                }
            }
            catch (IOException)
            {
                // The process has ended since it was listed.
            }
        }

        return children;
    }

    /// <summary>
    /// Whether the process still runs. False for a zombie: a process that has ended, and whose parent has not read its
    /// exit code yet.
    /// </summary>
    private static bool IsAlive(string pid)
    {
        try
        {
            return Stat($"/proc/{pid}")[0] is not ("Z" or "X");
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>
    /// Returns the fields of /proc/pid/stat, from the field <c>state</c> on. The format is "pid (name) state ppid …"
    /// (proc(5)). The name may contain any character, so it ends at the last parenthesis.
    /// </summary>
    private static string[] Stat(string process)
    {
        var stat = File.ReadAllText(Path.Combine(process, "stat"));
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static string[] AsAccount(string[] command) =>
        Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={Account()}", $"--regid={GroupOf(Account())}", "--clear-groups", .. command] : command;

    private static string Account() => HasAccount("postgres") ? "postgres" : "nobody";

    private static bool HasAccount(string name) => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(name + ":", StringComparison.Ordinal));

    /// <summary>Returns the number of the account's group: the fourth field of its line in /etc/passwd.</summary>
    private static string GroupOf(string name) =>
        File.ReadLines("/etc/passwd").First(line => line.StartsWith(name + ":", StringComparison.Ordinal)).Split(':')[3];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Task RunAsync(string[] command) => RunAsync(command[0], command.Skip(1));

    private static async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(StartLimit);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} failed with exit code {process.ExitCode}:\n{string.Concat(said)}");
        }
    }
}
