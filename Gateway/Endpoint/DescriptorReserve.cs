using Microsoft.Win32.SafeHandles;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// File descriptors that are reserved for the process itself. .NET ends the process with "Out of memory" if it cannot
/// open a file that it needs, such as an assembly. So if an accept fails, the listener releases these descriptors, and
/// .NET can use them. The listener accepts again only after it has reserved all of them again. Not thread-safe. Does
/// nothing on Windows, which does not limit the number of open files.
/// </summary>
internal sealed class DescriptorReserve : IDisposable
{
    /// <summary>Number of reserved descriptors: more than the runtime opens at a time.</summary>
    private const int Descriptors = 16;

    /// <summary>
    /// Number of descriptors that must be free in addition to the reserved ones. One of them is for the connection that
    /// is accepted next.
    /// </summary>
    private const int Spare = 4;

    private readonly Stack<SafeFileHandle> _held = new(Descriptors + Spare);

    /// <summary>
    /// Reserves the missing descriptors. Returns false, and reserves none, if the process or the system has too few.
    /// </summary>
    public bool TryFill()
    {
        if (_held.Count == Descriptors || OperatingSystem.IsWindows())
        {
            return true;
        }

        try
        {
            while (_held.Count < Descriptors + Spare)
            {
                _held.Push(File.OpenHandle("/dev/null"));
            }

            Release(Spare);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Release();
            return false;
        }
    }

    /// <summary>Releases all reserved descriptors, so that the process can open what it needs.</summary>
    public void Release() => Release(_held.Count);

    /// <inheritdoc/>
    public void Dispose() => Release();

    private void Release(int count)
    {
        for (; count > 0; count--)
        {
            _held.Pop().Dispose();
        }
    }
}
