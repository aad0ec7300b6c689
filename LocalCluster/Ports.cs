using System.Net;
using System.Net.Sockets;

namespace OrleansChat.LocalCluster;

/// <summary>Finds free TCP ports on this machine.</summary>
internal static class Ports
{
    // Operating systems give outgoing connections local ports from a higher range: from 49152, on Linux from 32768. So
    // no outgoing connection takes a child's port while this program restarts the child.
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>
    /// Returns true if this process can listen on the port, at the loopback addresses of IPv4 and IPv6.
    /// </summary>
    public static bool IsFree(int port) =>
        CanListen(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanListen(IPAddress.IPv6Loopback, port));

    /// <summary>
    /// Finds free ports that are not in <paramref name="taken"/>. The search starts at a random port, so that two
    /// clusters that start at the same time are unlikely to choose the same ports. Throws
    /// <see cref="CannotStartException"/> if there are not enough free ports.
    /// </summary>
    public static int[] Choose(int count, IReadOnlyCollection<int> taken)
    {
        var start = Random.Shared.Next(First, Last);
        var free = Enumerable.Range(0, Last - First)
            .Select(step => First + (start - First + step) % (Last - First))
            .Where(port => !taken.Contains(port) && IsFree(port))
            .Take(count)
            .ToArray();
        return free.Length == count ? free : throw new CannotStartException($"Fewer than {count} ports between {First} and {Last} are free: stop some programs that listen there.");
    }

    /// <summary>
    /// Finds <paramref name="count"/> free ports with consecutive numbers, and returns the first of them. Throws
    /// <see cref="CannotStartException"/> if there are no such ports.
    /// </summary>
    public static int ChooseRow(int count)
    {
        var start = Random.Shared.Next(First, Last);
        return Enumerable.Range(0, Last - First)
            .Select(step => First + (start - First + step) % (Last - First))
            .Cast<int?>()
            .FirstOrDefault(first => Enumerable.Range(first!.Value, count).All(IsFree))
            ?? throw new CannotStartException($"There are no {count} consecutive free ports above {First}: stop some programs that listen there.");
    }

    private static bool CanListen(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            return true; // The machine has no such address, so nothing listens on it.
        }
        catch (SocketException)
        {
            return false; // The port is in use, or this user may not use it.
        }
    }
}
