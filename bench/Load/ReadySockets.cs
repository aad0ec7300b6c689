using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace OrleansChat.Load;

/// <summary>
/// Finds which of many sockets have something to read, with epoll(7). The cost depends only on the number of ready
/// sockets, while Socket.Select checks all sockets. Needs Linux 5.11 and glibc 2.35 or later.
/// </summary>
internal sealed class ReadySockets : IDisposable
{
    private const int AtATime = 256;
    private const int AddOne = 1;
    private const int Readable = 1;
    private const int Interrupted = 4;

    // The size of struct epoll_event, which has 32 bits of events and 64 bits of user data. On x86-64 it has no padding
    // between the two, on other processors 4 bytes.
    private static readonly int Event = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private readonly byte[] _events = new byte[AtATime * 16];
    private readonly int[] _ready = new int[AtATime];
    private readonly int _epoll = Checked(EpollCreate(0));

    /// <summary>
    /// Adds a socket with the number that <see cref="Wait"/> returns for it. Closing the socket removes it.
    /// </summary>
    public void Add(Socket socket, int number)
    {
        Span<byte> what = stackalloc byte[16];
        what.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(what, Readable);
        BinaryPrimitives.WriteInt32LittleEndian(what[(Event - 8)..], number);
        Checked(EpollControl(_epoll, AddOne, (int)socket.Handle, ref MemoryMarshal.GetReference(what)));
    }

    /// <summary>
    /// Waits until a socket can be read, at most for <paramref name="atMost"/>. Returns the numbers of up to 256 ready
    /// sockets, valid until the next call.
    /// </summary>
    public ReadOnlySpan<int> Wait(TimeSpan atMost)
    {
        var nanos = Math.Max(0, atMost.Ticks) * TimeSpan.NanosecondsPerTick;
        var time = new Time(nanos / 1_000_000_000, nanos % 1_000_000_000);
        var count = EpollWait(_epoll, ref _events[0], AtATime, ref time, 0);
        if (count < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
            return [];
        }

        Checked(count);
        for (var i = 0; i < count; i++)
        {
            _ready[i] = BinaryPrimitives.ReadInt32LittleEndian(_events.AsSpan((i * Event) + Event - 8));
        }

        return _ready.AsSpan(0, count);
    }

    /// <inheritdoc/>
    public void Dispose() => _ = Close(_epoll);

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static extern int EpollCreate(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static extern int EpollControl(int epoll, int operation, int socket, ref byte what);

    [DllImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    private static extern int EpollWait(int epoll, ref byte events, int most, ref Time atMost, nint signals);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int file);

    /// <summary>struct timespec on systems where both members have 64 bits.</summary>
    private record struct Time(long Seconds, long Nanoseconds);
}
