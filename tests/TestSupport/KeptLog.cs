using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansChat.TestSupport;

/// <summary>Keeps the lines that are logged at <paramref name="minLevel"/> or a higher level.</summary>
public sealed class KeptLog(LogLevel minLevel = LogLevel.Trace) : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<KeptLine> _lines = [];

    /// <summary>All lines so far.</summary>
    public IReadOnlyCollection<KeptLine> Lines => _lines;

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel >= minLevel;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _lines.Enqueue(new($"{logLevel}: {formatter(state, exception)}", exception));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>A logged line.</summary>
/// <param name="Text">The level and the message, such as <c>Warning: Message log: commits fail</c>.</param>
public readonly record struct KeptLine(string Text, Exception? Exception)
{
    /// <summary>The text, and the exception with its stack trace.</summary>
    public override string ToString() => $"{Text} {Exception}";
}
