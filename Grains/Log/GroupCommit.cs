using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.Log;

/// <summary>
/// The one append writer of a silo. While a commit runs, appends of other rooms gather; the next commit takes them all. So a commit is
/// never waited for on purpose, and a busy silo pays for one disk flush or round trip where it would pay for a thousand.
/// </summary>
/// <remarks>
/// <code>
/// AppendAsync ──► waiting (bounded) ──► Take: one append a room, up to MaxRowsPerCommit ──► ICommitter ──► each caller's answer
/// </code>
/// One commit runs at a time and carries a room at most once, so two appends of a room are never in the store at the same time from here.
/// </remarks>
internal sealed partial class GroupCommit : IAsyncDisposable
{
    private readonly ICommitter _committer;
    private readonly MessageLogOptions _options;
    private readonly LogInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Queue<PendingAppend> _waiting = [];
    private readonly SemaphoreSlim _places;
    private readonly ExecutionContext _context = ExecutionContext.Capture()!;
    private Task _commits = Task.CompletedTask;
    private bool _committing;
    private bool _closed;

    public GroupCommit(ICommitter committer, MessageLogOptions options, LogInstruments instruments, TimeProvider time, ILogger logger)
    {
        _committer = committer;
        _options = options;
        _instruments = instruments;
        _time = time;
        _logger = logger;
        _places = new(options.WaitingAppends);
    }

    /// <summary>Completes after the commit, or throws <see cref="LogUnavailableException"/> within the append timeout.</summary>
    public async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        AppendCheck.ThrowIfNotStorable(append);
        var called = _time.GetTimestamp();
        var pending = new PendingAppend(append);
        if (!_places.Wait(0, CancellationToken.None))
        {
            await WaitForPlaceAsync(cancellationToken);
        }

        Add(pending);
        try
        {
            var left = _options.AppendTimeout - _time.GetElapsedTime(called);
            return await pending.Outcome.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new LogUnavailableException(pending.TryAbandon()
                ? "The message log did not get to this append in time; nothing was stored."
                : "The message log did not answer in time; whether the append was stored is not known.");
        }
        catch (OperationCanceledException)
        {
            pending.TryAbandon();
            throw;
        }
    }

    /// <summary>Commits what was accepted, then ends; later appends are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        Task last;
        lock (_gate)
        {
            _closed = true;
            last = _commits;
        }

        await last;
    }

    private async Task WaitForPlaceAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.AppendTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await _places.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LogUnavailableException($"{_options.WaitingAppends} appends wait for the message log already; nothing was stored.");
        }
    }

    /// <summary>Lets it wait for the next commit; where none runs, that is now.</summary>
    private void Add(PendingAppend pending)
    {
        Task<Task> commits;
        lock (_gate)
        {
            if (_closed)
            {
                throw new LogUnavailableException("The message log is closed; nothing was stored.");
            }

            _waiting.Enqueue(pending);
            if (_committing)
            {
                return;
            }

            _committing = true;
            using (ExecutionContext.SuppressFlow())
            {
                commits = new(CommitAllAsync);
            }

            _commits = commits.Unwrap();
        }

        // On this thread as far as the store, but in neither the caller's scheduler nor its context: a grain's turn starts the commits of many,
        // and does not own them.
        ExecutionContext.Run(_context, static commits => ((Task)commits!).RunSynchronously(TaskScheduler.Default), commits);
    }

    /// <summary>Commits until nothing waits.</summary>
    private async Task CommitAllAsync()
    {
        var batch = new List<PendingAppend>();
        var rooms = new HashSet<string>(StringComparer.Ordinal);
        while (Take(batch, rooms))
        {
            await CommitAsync(batch);
            batch.Clear();
            rooms.Clear();
        }
    }

    /// <summary>Takes what waits, in order, up to the first append that must have a later commit. False, and the commits are over, where nothing waits.</summary>
    private bool Take(List<PendingAppend> batch, HashSet<string> rooms)
    {
        lock (_gate)
        {
            var rows = 0;
            while (_waiting.TryPeek(out var next))
            {
                var count = next.Append.Entries.Count;
                if ((batch.Count > 0 && rows + count > _options.MaxRowsPerCommit) || rooms.Contains(next.Append.Room))
                {
                    break;
                }

                _waiting.Dequeue();
                _places.Release();
                if (next.TryTake())
                {
                    rooms.Add(next.Append.Room);
                    batch.Add(next);
                    rows += count;
                }
            }

            return _committing = batch.Count > 0;
        }
    }

    private async Task CommitAsync(List<PendingAppend> batch)
    {
        if (await TryCommitAsync(batch) is not { } reason)
        {
            return;
        }

        if (reason is not LogEntryException || batch.Count == 1)
        {
            Fail(batch, reason);
            return;
        }

        // A row of one room was refused and took the whole commit with it: alone, each room succeeds or fails for itself. Once is enough.
        LogApart(_logger, batch.Count, reason);
        foreach (var pending in batch)
        {
            List<PendingAppend> alone = [pending];
            if (await TryCommitAsync(alone) is { } itsOwn)
            {
                Fail(alone, itsOwn);
            }
        }
    }

    /// <summary>Commits and answers; or returns why not, with nobody answered.</summary>
    private async Task<Exception?> TryCommitAsync(List<PendingAppend> batch)
    {
        var started = _time.GetTimestamp();
        using var deadline = new CancellationTokenSource(_options.AppendTimeout, _time);
        try
        {
            var results = await _committer.CommitAsync(batch.ConvertAll(pending => pending.Append), deadline.Token);
            var took = _time.GetElapsedTime(started);
            var rows = 0;
            foreach (var pending in batch)
            {
                rows += pending.Append.Entries.Count;
            }

            _instruments.Committed(rows, took);
            for (var i = 0; i < batch.Count; i++)
            {
                _instruments.Answered(results[i]);
                batch[i].Complete(results[i]);
            }

            return null;
        }
        catch (Exception failure) when (failure is LogEntryException or LogUnavailableException)
        {
            return failure;
        }
        catch (Exception bug)
        {
            // Whatever it was, the loop goes on and nobody is told that something was stored.
            LogBug(_logger, batch.Count, bug);
            return new LogUnavailableException("The message log failed; whether the append was stored is not known.", bug);
        }
    }

    private void Fail(List<PendingAppend> batch, Exception reason)
    {
        LogFailed(_logger, batch.Count, reason);
        foreach (var pending in batch)
        {
            _instruments.Failed(reason);
            pending.Fail(reason);
        }
    }
}
