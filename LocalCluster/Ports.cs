using System.Net;
using System.Net.Sockets;

namespace OrleansChat.LocalCluster;

/// <summary>Which TCP ports of this machine are free.</summary>
internal static class Ports
{
    // Below the range from which operating systems take the near ends of connections (49152, on Linux 32768): a port that is chosen here stays
    // free while the process that owns it is started again.
    private const int First = 20_000;
    private const int Last = 32_000;

    /// <summary>True where nothing listens at the port, neither on IPv4 nor on IPv6.</summary>
    public static bool IsFree(int port) =>
        CanListen(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanListen(IPAddress.IPv6Loopback, port));

    /// <summary>So many free ports, none of them in <paramref name="taken"/>. They are searched from a random one on, so that two clusters that
    /// start at the same time do not choose the same.</summary>
    public static int[] Choose(int count, IReadOnlyCollection<int> taken)
    {
        var start = Random.Shared.Next(First, Last);
        var free = Enumerable.Range(0, Last - First)
            .Select(step => First + (start - First + step) % (Last - First))
            .Where(port => !taken.Contains(port) && IsFree(port))
            .Take(count)
            .ToArray();
        return free.Length == count ? free : throw new CannotStartException($"There are no {count} free ports between {First} and {Last}: end what listens there.");
    }

    /// <summary>The first of so many free ports in a row.</summary>
    public static int ChooseRow(int count)
    {
        var start = Random.Shared.Next(First, Last);
        return Enumerable.Range(0, Last - First)
            .Select(step => First + (start - First + step) % (Last - First))
            .Cast<int?>()
            .FirstOrDefault(first => Enumerable.Range(first!.Value, count).All(IsFree))
            ?? throw new CannotStartException($"There are no {count} free ports in a row from {First} on: end what listens there.");
    }

    private static bool CanListen(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException trouble) when (trouble.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported)
        {
            return true; // The machine has no such address, so nothing listens at it.
        }
        catch (SocketException)
        {
            return false; // In use, or not ours to use.
        }
    }
}
