using Microsoft.Extensions.Hosting;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// Opens the message log before the services that are registered after it start, and closes it when all of them have
/// stopped. If the store cannot be reached, the start waits without a time limit. If the store cannot be used, the
/// start fails.
/// </summary>
internal sealed class MessageLogLifetime(IMessageStore store, StartupWait wait) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        store.Lock();
        return wait.UntilAsync("the message log", store.OpenAsync, exception => exception is MessageLogUnavailableException, cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => store.DisposeAsync().AsTask();
}
