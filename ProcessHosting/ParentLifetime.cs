using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// The lifetime of a process that a parent process started: the process ends when its standard input ends. The parent
/// stops the process by closing that pipe, which works on every operating system. If the parent is killed, the
/// operating system closes the pipe. Interrupts are ignored: a terminal sends them to the whole process group, and the
/// parent decides when each child stops. SIGTERM still stops this process.
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

        // A dedicated thread, because a read from a pipe blocks and cannot be cancelled. It ends with the process.
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

        // The parent may be gone. Then it cannot kill a stop that hangs, so the process kills itself.
        if (!application.ApplicationStopped.WaitHandle.WaitOne(host.Value.ShutdownTimeout + TimeSpan.FromSeconds(2)))
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }
    }
}
