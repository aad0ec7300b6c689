using Microsoft.Extensions.Hosting;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// Opens the message log before the start of the services that are registered after this one. Closes the log when all
/// of these services have stopped. If the store cannot be reached, the start waits without a time limit. If the store
/// cannot be used, the start fails.
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
