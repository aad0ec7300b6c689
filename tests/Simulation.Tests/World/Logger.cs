using Microsoft.Extensions.Logging;

namespace OrleansChat.Simulation.Tests.World;

/// <summary>
/// Writes log entries to the trace. A log entry of level error is a violation, because no simulated fault may cause
/// such an entry.
/// </summary>
internal sealed class Logger<T>(Simulated world, Node node) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (world.Tell is null ? LogLevel.Error : LogLevel.Information);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            world.Tell?.Invoke($"{node.Name} logs: {formatter(state, exception)} {exception?.Message}");
            world.Expect(logLevel < LogLevel.Error, $"{node.Name} logs an error: {formatter(state, exception)} {exception}");
        }
    }
}
