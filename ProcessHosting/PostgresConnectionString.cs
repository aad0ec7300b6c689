using System.Data.Common;

namespace OrleansChat.ProcessHosting;

/// <summary>The operator's connection string with the defaults that this project needs.</summary>
public static class PostgresConnectionString
{
    private static readonly string[] GssNames = ["Gss Encryption Mode", "GssEncryptionMode"];

    /// <summary>
    /// Turns GSS encryption off, unless the string or the variable PGGSSENCMODE sets it. Otherwise Npgsql tries GSS
    /// first. For that it loads a Kerberos library that small images do not have, and each missing library is reported
    /// on standard error. A string that cannot be parsed is returned unchanged; opening a connection with it reports
    /// what is wrong.
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
