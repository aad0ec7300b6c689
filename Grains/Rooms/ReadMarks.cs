using Microsoft.Extensions.Logging;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The read marks of one room. A user's read mark is the sequence up to which the user has read. Marks that moved
/// within <see cref="RoomOptions.MarkFlush"/> are written to the log together. If the silo crashes before the write,
/// the users see some messages as unread again. Not thread-safe: all code of this class runs on the room grain's task
/// scheduler.
/// </summary>
/// <param name="attached">
/// The attached users. If a user is not attached, the user's mark is removed from memory after it is stored.
/// </param>
/// <param name="notStored">
/// Called after a write failed. The marks stay in memory, and the next attempt writes them.
/// </param>
internal sealed partial class ReadMarks(
    string room, IMessageLog log, TimeProvider time, AttachedUsers attached, Action notStored, ILogger logger,
    CancellationToken stopping)
{
    private readonly Dictionary<string, long> _known = [];
    private readonly HashSet<string> _unflushed = [];

    /// <summary>The loop that writes marks that moved. Completed if no mark has to be written.</summary>
    public Task Flushing { get; private set; } = Task.CompletedTask;

    /// <summary>
    /// Records a user's mark that was read from the log, unless the mark in memory is greater. Returns the greater
    /// mark.
    /// </summary>
    public long Learn(string user, long read) => _known[user] = Math.Max(read, _known.GetValueOrDefault(user));

    /// <summary>Whether any mark still has to be written.</summary>
    public bool Waits => _unflushed.Count > 0;

    public bool Knows(string user) => _known.ContainsKey(user);

    /// <summary>Whether the user's mark in memory is after this sequence.</summary>
    public bool IsAfter(string user, long read) => _known.GetValueOrDefault(user) > read;

    public bool IsUnflushed(string user) => _unflushed.Contains(user);

    /// <summary>Moves a mark forward. Returns false if the mark is already at this sequence or after it.</summary>
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

    /// <summary>Removes the mark of a detached user from memory, unless the mark still has to be written.</summary>
    public void Forget(string user)
    {
        if (!_unflushed.Contains(user))
        {
            _known.Remove(user);
        }
    }

    /// <summary>
    /// Writes the marks that moved. If it throws <see cref="MessageLogUnavailableException"/>, the next call writes the
    /// marks again.
    /// </summary>
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
                if (!attached.Contains(mark.User))
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
                await Task.Delay(RoomOptions.MarkFlush, time, stopping);
                await FlushAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                LogNotFlushed(exception, _unflushed.Count);
                notStored();
            }
        }
    }

    [LoggerMessage(130, LogLevel.Warning, "{Marks} read marks could not be stored; trying again")]
    private partial void LogNotFlushed(Exception exception, int marks);
}
