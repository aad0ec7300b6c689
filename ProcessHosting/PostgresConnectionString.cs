using System.Data.Common;

namespace OrleansChat.ProcessHosting;

/// <summary>Adds defaults to the connection string that the operator has set.</summary>
public static class PostgresConnectionString
{
    private static readonly string[] GssNames = ["Gss Encryption Mode", "GssEncryptionMode"];

    /// <summary>
    /// Adds a setting that turns GSS encryption off. Without this setting, Npgsql tries GSS first, and loads a Kerberos
    /// library for it. Small container images do not have this library, and each failure to load it is reported on
    /// standard error. Returns the string unchanged if the string itself or the environment variable PGGSSENCMODE
    /// chooses a GSS mode. Also returns the string unchanged if it cannot be parsed: an attempt to connect then reports
    /// the error.
    /// </summary>
    public static string WithDefaults(string connectionString)
    {
        try
        {
            var given = new DbConnectionStringBuilder { ConnectionString = connectionString };
            return Array.Exists(GssNames, given.ContainsKey) || Environment.GetEnvironmentVariable("PGGSSENCMODE") is { Length: > 0 }
                ? connectionString
                : $"{connectionString.TrimEnd(';', ' ')};{GssNames[0]}=Disable";
        }
        catch (ArgumentException)
        {
            return connectionString;
        }
    }
}
