using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// The lifetime of a process that a parent process started: the process ends when its standard input ends. The standard
/// input is a pipe from the parent. The parent closes the pipe to stop the process, which works on every operating
/// system. If the parent is killed, the operating system closes the pipe. The process ignores SIGINT, SIGQUIT and
/// SIGHUP: a terminal sends them to the whole process group, but the parent decides when each child stops. SIGTERM
/// still stops this process.
/// </summary>
internal sealed class ParentLifetime(IHostApplicationLifetime application, IOptions<HostOptions> host) : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _signals = [];

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        foreach (var left in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGHUP])
        {
            _signals.Add(PosixSignalRegistration.Create(left, signal => signal.Cancel = true));
        }

        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            application.StopApplication();
        }));

        // Use a dedicated thread, because a read from a pipe blocks and cannot be cancelled. The thread ends with the
        // process.
        new Thread(EndWithParent) { IsBackground = true, Name = "parent" }.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _signals.ForEach(signal => signal.Dispose());

    private void EndWithParent()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[64];
        while (input.Read(ignored) > 0)
        {
        }

        application.StopApplication();

        // If the stop hangs, the process must kill itself, because the parent may no longer exist.
        if (!application.ApplicationStopped.WaitHandle.WaitOne(host.Value.ShutdownTimeout + TimeSpan.FromSeconds(2)))
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }
    }
}
