using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Connections;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Replaces the HTTP server's own listener, for three reasons. First, existing connections have priority: before each
/// accept, the listener yields to the work that is already in the thread pool's queue. Otherwise new connections would
/// delay this work during a reconnect storm. Second, the listener pauses after a failed accept. The server's own
/// listener treats every failure as a reset connection and retries at once. If the process has no file descriptor left,
/// that is a busy loop. Third, a write to the transport waits until the transport's output pipe is empty. So after an
/// upgrade, the gateway can write to the socket directly (<see cref="UnbufferedTransport"/>).
/// </summary>
/// <param name="rules">Rules that can refuse an endpoint.</param>
internal sealed class FairConnectionListener(IOptions<SocketTransportOptions> options, IEnumerable<IEndpointRule> rules, TimeProvider time, ILoggerFactory loggers)
    : IConnectionListenerFactory
{
    private const string ToChange = "Choose the address with ASPNETCORE_URLS or --urls";

    private readonly ILogger _logger = loggers.CreateLogger<FairConnectionListener>();

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (rules.Select(rule => rule.Refusal(endpoint)).FirstOrDefault(refusal => refusal is not null) is { } refused)
        {
            throw new IOException(refused);
        }

        var listening = Bind(endpoint);
        listening.Listen(options.Value.Backlog);
        return new(new Listener(listening, Connections(), options.Value.NoDelay, new AcceptFailures(listening.LocalEndPoint!, time, _logger), time));
    }

    private Socket Bind(EndPoint endpoint)
    {
        try
        {
            return options.Value.CreateBoundListenSocket(endpoint);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException($"{ToChange}, or stop the process that listens there", exception);
        }
        catch (SocketException exception)
        {
            throw new IOException($"Cannot listen on {endpoint}: {exception.Message}. {ToChange}", exception);
        }
    }

    private SocketConnectionContextFactory Connections()
    {
        // Only this non-public constructor passes on the server's memory pool, which returns memory to the system after
        // a flood. If a new framework version does not have the constructor, the other constructor is used. Then the
        // memory is never returned, and everything else works as before.
        var given = options.Value;
        var factory = (SocketConnectionFactoryOptions?)typeof(SocketConnectionFactoryOptions)
            .GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [typeof(SocketTransportOptions)])?.Invoke([given])
            ?? new() { IOQueueCount = given.IOQueueCount, WaitForDataBeforeAllocatingBuffer = given.WaitForDataBeforeAllocatingBuffer, MaxReadBufferSize = given.MaxReadBufferSize };
        factory.MaxWriteBufferSize = UnbufferedTransport.WriteBufferBytes;
        return new(factory, loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets"));
    }

    private sealed class Listener(Socket listening, SocketConnectionContextFactory connections, bool noDelay, AcceptFailures failures, TimeProvider time) : IConnectionListener
    {
        private readonly CancellationTokenSource _unbound = new();
        private readonly DescriptorReserve _reserve = new();

        public EndPoint EndPoint { get; } = listening.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            // Continue at the end of the thread pool's global queue, behind all work that is already queued.
            await Task.Yield();
            while (true)
            {
                if (!_reserve.TryFill())
                {
                    if (!await PauseAsync(failures.Failed(SocketError.TooManyOpenSockets), cancellationToken))
                    {
                        return null;
                    }

                    continue;
                }

                try
                {
                    var accepted = await listening.AcceptAsync(cancellationToken);
                    failures.Accepted();
                    if (accepted.LocalEndPoint is IPEndPoint)
                    {
                        accepted.NoDelay = noDelay;
                    }

                    var connection = connections.Create(accepted);
                    connection.Features.Set(UnbufferedTransport.Instance);
                    return connection;
                }
                catch (Exception exception) when (exception is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
                {
                    return null;
                }
                catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
                {
                    // The peer disconnected before its connection was accepted: accept the next connection.
                }
                catch (SocketException exception)
                {
                    _reserve.Release();
                    if (!await PauseAsync(failures.Failed(exception.SocketErrorCode), cancellationToken))
                    {
                        return null;
                    }
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _unbound.Cancel();
            listening.Dispose();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _unbound.Cancel();
            listening.Dispose();
            connections.Dispose();
            _reserve.Dispose();
            _unbound.Dispose();
            return ValueTask.CompletedTask;
        }

        /// <summary>Waits. Returns false if the listener was unbound during the wait.</summary>
        private async Task<bool> PauseAsync(TimeSpan pause, CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken);
            try
            {
                await Task.Delay(pause, time, either.Token);
                return true;
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested)
            {
                return false;
            }
        }
    }
}

internal static class FairConnectionListenerHosting
{
    /// <summary>Makes the server accept connections through <see cref="FairConnectionListener"/>.</summary>
    public static void AddFairConnectionListener(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IConnectionListenerFactory, FairConnectionListener>();
    }
}
