using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace OrleansChat.Silo.Clustering;

/// <summary>
/// Checks before the start whether the process can listen on the silo's ports. An error of the listener itself would
/// name the address, but not the setting.
/// </summary>
internal static class FreePorts
{
    /// <summary>
    /// Throws <see cref="OptionsValidationException"/> if the process cannot listen on one of the ports. The exception
    /// has one failure for each such port, and each failure names the setting.
    /// </summary>
    public static void Check(SiloSettings here)
    {
        var failures = new (string Setting, int Port)[]
        {
            (nameof(SiloSettings.Port), here.Port), (nameof(SiloSettings.ClientPort), here.ClientPort), (nameof(SiloSettings.HealthPort), here.HealthPort),
        }.Select(port => Failure(here.IPAddress, port.Setting, port.Port)).OfType<string>().ToArray();
        if (failures.Length > 0)
        {
            throw new OptionsValidationException(SiloSettings.Section, typeof(SiloSettings), failures);
        }
    }

    private static string? Failure(IPAddress address, string setting, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"{SiloSettings.Section}:{setting}: port {port} of {address} is taken. Stop the process that listens there, or choose another port.",
                SocketError.AddressNotAvailable => $"{SiloSettings.Section}:{nameof(SiloSettings.Address)}: {address} is not an address of this machine. Set an address of this machine.",
                _ => $"{SiloSettings.Section}:{setting}: this process cannot listen on port {port} of {address} ({exception.Message}). Choose another port.",
            };
        }
    }
}
