using System.Diagnostics;
using Npgsql;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// The gateways' own database user. <c>deploy/gateway-role.sql</c> creates it, as in a real deployment.
/// </summary>
internal static class GatewayRole
{
    private const string Password = "It's a gateway's";

    /// <summary>Returns the connection string with which the gateways open a database.</summary>
    /// <param name="owner">The connection string of the database's owner.</param>
    public static string ConnectionString(string owner) =>
        new NpgsqlConnectionStringBuilder(owner) { Username = "orleanschat_gateway", Password = Password }.ToString();

    /// <summary>
    /// Runs <c>deploy/gateway-role.sql</c> as the database's owner. The script waits until the first silo has created
    /// the tables.
    /// </summary>
    /// <param name="owner">The connection string of the database's owner.</param>
    public static async Task CreateAsync(string owner)
    {
        var database = new NpgsqlConnectionStringBuilder(owner);
        var start = new ProcessStartInfo(
            "psql", ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", $"--file={Path.Combine(DeployTree.Root, "deploy", "gateway-role.sql")}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PGHOST"] = database.Host;
        start.Environment["PGPORT"] = $"{database.Port}";
        start.Environment["PGDATABASE"] = database.Database;
        start.Environment["PGUSER"] = database.Username;
        start.Environment["PGPASSWORD"] = database.Password;
        start.Environment["GATEWAY_DATABASE_PASSWORD"] = Password;
        using var script = Process.Start(start)!;
        var printed = await Task.WhenAll(
            script.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), script.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await script.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(script.ExitCode == 0, $"gateway-role.sql ended with {script.ExitCode}: {string.Concat(printed)}");
    }
}
