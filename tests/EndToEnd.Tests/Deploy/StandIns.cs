using System.Security.Cryptography;
using OrleansChat.Testing.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>What is only known where the processes run, as it could be.</summary>
internal static class StandIns
{
    /// <summary>The key of the tokens.</summary>
    public static string Key { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static string Value(string reference) => reference switch
    {
        Workload.PodName => "pod",
        Workload.PodAddress => "10.1.2.3",
        "orleanschat/connection-string" => "Host=postgres;Database=orleanschat;Username=orleanschat;Password=secret",
        "orleanschat/identity-key-secret" or "IDENTITY_KEY_SECRET" => Key,
        "POSTGRES_PASSWORD" => "secret",
        _ => throw new InvalidOperationException($"Nothing is known of {reference}."),
    };
}
