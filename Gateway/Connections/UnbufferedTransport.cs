namespace OrleansChat.Gateway.Connections;

/// <summary>
/// A feature in the connection's feature collection. The listener sets it if the connection's transport buffers
/// nothing: a write to the transport completes when the operating system has taken the bytes. The server flushes its
/// response to an upgrade before the upgrade completes. So after the upgrade, a direct write to the socket cannot
/// overtake the response.
/// </summary>
internal sealed class UnbufferedTransport
{
    /// <summary>
    /// Write buffer size of the transport's output pipe, in bytes. With 1, every flush waits until the pipe is empty.
    /// </summary>
    public const int WriteBufferBytes = 1;

    public static readonly UnbufferedTransport Instance = new();

    private UnbufferedTransport()
    {
    }
}
