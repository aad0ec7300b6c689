using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace OrleansChat.Hosting;

/// <summary>
/// The life of a process that another one started: it ends when its standard input does. So a parent stops it by closing that pipe, on every
/// operating system alike, and a parent that is killed closes it too. Interrupts are the parent's to act on: a terminal sends them to the whole
/// process group, and a child that obeyed would be gone before its turn. SIGTERM, sent to this process alone, still stops it.
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

        // A thread of its own: a read from a pipe blocks, and nothing can cancel it. It ends with the process.
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

        // Nobody is left to kill a stop that hangs.
        if (!application.ApplicationStopped.WaitHandle.WaitOne(host.Value.ShutdownTimeout + TimeSpan.FromSeconds(2)))
        {
            using var self = Process.GetCurrentProcess();
            self.Kill();
        }
    }
}
