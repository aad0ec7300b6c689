using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Log;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The read marks that move in one room. They go to the log together, a moment later; a crash in between takes back what moved in that
/// moment, and the user reads a few messages as unread again. Runs in the room's turns.
/// </summary>
/// <param name="isHere">Whether a user is attached: the marks of others are not kept once the log has them.</param>
internal sealed partial class ReadMarks(
    string room, IMessageLog log, RoomOptions options, TimeProvider time, Func<string, bool> isHere, ILogger logger, CancellationToken stopping)
{
    private readonly Dictionary<string, long> _known = [];
    private readonly HashSet<string> _unflushed = [];

    /// <summary>The loop that flushes; completed while nothing moves.</summary>
    public Task Flushing { get; private set; } = Task.CompletedTask;

    /// <summary>What the log says of a user; the greater one stays.</summary>
    public long Learn(string user, long read) => _known[user] = Math.Max(read, _known.GetValueOrDefault(user));

    public bool Knows(string user) => _known.ContainsKey(user);

    public bool IsUnflushed(string user) => _unflushed.Contains(user);

    /// <summary>True where the mark went forward.</summary>
    public bool TryMove(string user, long read)
    {
        if (read <= _known.GetValueOrDefault(user))
        {
            return false;
        }

        _known[user] = read;
        _unflushed.Add(user);
        if (Flushing.IsCompleted)
        {
            Flushing = FlushLaterAsync();
        }

        return true;
    }

    /// <summary>The user left: nothing of them is kept longer than the log needs to learn it.</summary>
    public void Forget(string user)
    {
        if (!_unflushed.Contains(user))
        {
            _known.Remove(user);
        }
    }

    /// <summary>Writes what moved. Throws <see cref="LogUnavailableException"/>, and then it is kept for the next time.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_unflushed.Count == 0)
        {
            return;
        }

        ReadMark[] marks = [.. _unflushed.Select(user => new ReadMark(room, user, _known[user]))];
        await log.MarkAsync(marks, cancellationToken);
        foreach (var mark in marks)
        {
            if (_known.GetValueOrDefault(mark.User) == mark.Seq)
            {
                _unflushed.Remove(mark.User);
                if (!isHere(mark.User))
                {
                    _known.Remove(mark.User);
                }
            }
        }
    }

    private async Task FlushLaterAsync()
    {
        while (_unflushed.Count > 0 && !stopping.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(options.MarkFlushMs), time, stopping);
                await FlushAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception failure)
            {
                LogNotFlushed(failure, _unflushed.Count);
            }
        }
    }

    [LoggerMessage(130, LogLevel.Warning, "{Marks} read marks could not be stored yet.")]
    private partial void LogNotFlushed(Exception failure, int marks);
}
