using System.Security.Cryptography;
using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>
/// The files in <c>deploy/</c> refer to secrets, and to the name and address of the pod. Only a real deployment has
/// these values. The tests use the values of this class instead.
/// </summary>
internal static class StandIns
{
    /// <summary>The key that signs tokens: its private and its public part, in PEM.</summary>
    public static (string Private, string Public) Key { get; } = NewKey();

    public static string Value(string reference) => reference switch
    {
        Workload.PodName => "pod",
        Workload.PodAddress => "10.1.2.3",
        "orleanschat/connection-string" => "Host=postgres;Database=orleanschat;Username=orleanschat;Password=secret",
        "orleanschat/gateway-connection-string" => "Host=postgres;Database=orleanschat;Username=orleanschat_gateway;Password=secret",
        "orleanschat/identity-key-id" => "1",
        "orleanschat/identity-public-key" or "/run/secrets/identity-public-key" => Key.Public,
        "POSTGRES_PASSWORD" or "GATEWAY_DATABASE_PASSWORD" => "secret",
        _ => throw new InvalidOperationException($"{reference} has no value here."),
    };

    private static (string Private, string Public) NewKey()
    {
        using var key = RSA.Create(2048);
        return (key.ExportPkcs8PrivateKeyPem(), key.ExportSubjectPublicKeyInfoPem());
    }
}
