using Microsoft.Extensions.Logging;

namespace OrleansChat.Grains.MessageLog;

/// <summary>
/// Joins the appends of all rooms of a silo into shared commits. While one commit runs, new appends wait for the next
/// commit. If no commit is running, an append starts one immediately. So a busy silo needs one disk flush or round trip
/// for many appends.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Queue (<see cref="AppendAsync"/>, <see cref="Add"/>): wait for a place in the bounded queue, and start the
/// loop if it does not run.</item>
/// <item>Take (<see cref="Take"/>): remove appends from the queue, in order, up to
/// <see cref="MessageLogOptions.MaxRowsPerCommit"/> rows and one append per room.</item>
/// <item>Commit (<see cref="TryCommitAsync"/>): give the appends to the store as one commit.</item>
/// <item>Split (<see cref="CommitAsync"/>): if the store refused a row, commit each room alone, once.</item>
/// <item>Answer: complete each append with its result or its failure. Then go to step 2.</item>
/// </list>
/// One commit runs at a time, and it has at most one append per room. So this class never has two appends of a room in
/// the store at the same time. Thread-safe.
/// </remarks>
internal sealed partial class GroupCommit : IAsyncDisposable
{
    private readonly CommitAppends _commit;
    private readonly MessageLogOptions _options;
    private readonly MessageLogInstruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly Queue<PendingAppend> _waiting = [];
    private readonly SemaphoreSlim _places;
    private readonly ExecutionContext _context = ExecutionContext.Capture()!;
    private Task _commits = Task.CompletedTask;
    private bool _committing;
    private bool _closed;

    public GroupCommit(CommitAppends commit, MessageLogOptions options, MessageLogInstruments instruments, TimeProvider time, ILogger logger)
    {
        _commit = commit;
        _options = options;
        _instruments = instruments;
        _time = time;
        _logger = logger;
        _places = new(options.WaitingAppends);
    }

    /// <summary>
    /// Appends entries to a room, and completes after the commit. Throws <see cref="MessageLogUnavailableException"/>
    /// if the commit fails or is not done within <see cref="MessageLogOptions.AppendTimeout"/>, and
    /// <see cref="MessageLogEntryException"/> for an entry that cannot be stored.
    /// </summary>
    public async Task<AppendResult> AppendAsync(RoomAppend append, CancellationToken cancellationToken)
    {
        // Step 1: queue.
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
            // - Waiting: the append is abandoned, and it is certain that nothing is stored.
            // - Taken: the commit goes on, so the outcome is unknown.
            throw new MessageLogUnavailableException(pending.TryAbandon()
                ? "The message log did not start this append in time; nothing was stored."
                : "The message log did not answer in time; it is unknown whether the append was stored.");
        }
        catch (OperationCanceledException)
        {
            pending.TryAbandon();
            throw;
        }
    }

    /// <summary>
    /// Creates a room with its first entries, in a commit that other appends may share. See
    /// <see cref="IMessageLog.CreateAsync"/>.
    /// </summary>
    public async Task<CreatedRoom> CreateAsync(RoomCreation creation, CancellationToken cancellationToken)
    {
        var result = await AppendAsync(new RoomAppend(creation.Room, 0, creation.Entries) { Create = creation.Kind }, cancellationToken);
        return new CreatedRoom(result.Claim!, result.Entries);
    }

    /// <summary>
    /// Commits the appends in the queue, then ends. Later appends throw <see cref="MessageLogUnavailableException"/>.
    /// </summary>
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
            throw new MessageLogUnavailableException(
                $"The queue of the message log is full ({_options.WaitingAppends} appends); nothing was stored.");
        }
    }

    /// <summary>Queues an append for the next commit, and starts the commit loop if it does not run.</summary>
    private void Add(PendingAppend pending)
    {
        Task<Task> commits;
        lock (_gate)
        {
            if (_closed)
            {
                throw new MessageLogUnavailableException("The message log is closed; nothing was stored.");
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

        // The loop runs on this thread until it first waits for the store. The loop commits for many callers. So it
        // uses neither the scheduler nor the execution context of the caller that starts it.
        ExecutionContext.Run(_context, static commits => ((Task)commits!).RunSynchronously(TaskScheduler.Default), commits);
    }

    /// <summary>The commit loop. It ends when no append waits.</summary>
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

    /// <summary>
    /// Takes waiting appends, in order, up to the first one that must wait for a later commit. Returns false if no
    /// append waits. In this case the loop ends, and the next append starts a new loop.
    /// </summary>
    private bool Take(List<PendingAppend> batch, HashSet<string> rooms)
    {
        // Step 2: take.
        lock (_gate)
        {
            var rows = 0;
            while (_waiting.TryPeek(out var next))
            {
                var count = Math.Max(1, next.Append.Entries.Count);
                if ((batch.Count > 0 && rows + count > _options.MaxRowsPerCommit) || rooms.Contains(next.Append.Room))
                {
                    break;
                }

                _waiting.Dequeue();
                _places.Release();
                // - Waiting: becomes Taken and part of the commit.
                // - Abandoned: drop the append, because its caller no longer waits.
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

        if (reason is not MessageLogEntryException || batch.Count == 1)
        {
            Fail(batch, reason);
            return;
        }

        // Step 4: split. A row of one room made the whole commit fail. Commit each room alone, so that the other rooms
        // succeed.
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

    /// <summary>
    /// Commits the batch and answers each append. If the commit fails, returns the exception and answers no append.
    /// </summary>
    private async Task<Exception?> TryCommitAsync(List<PendingAppend> batch)
    {
        // Step 3: commit.
        var started = _time.GetTimestamp();
        using var deadline = new CancellationTokenSource(_options.AppendTimeout, _time);
        try
        {
            var results = await _commit(batch.ConvertAll(pending => pending.Append), deadline.Token);
            var took = _time.GetElapsedTime(started);
            var rows = 0;
            foreach (var pending in batch)
            {
                rows += pending.Append.Entries.Count;
            }

            // Step 5: answer.
            _instruments.Committed(rows, took);
            for (var i = 0; i < batch.Count; i++)
            {
                _instruments.Answered(results[i]);
                batch[i].Complete(results[i]);
            }

            return null;
        }
        catch (Exception exception) when (exception is MessageLogEntryException or MessageLogUnavailableException)
        {
            return exception;
        }
        catch (Exception exception)
        {
            // The loop must continue after a bug. The appends fail with an unknown outcome.
            LogBug(_logger, batch.Count, exception);
            return new MessageLogUnavailableException(
                "The message log failed; it is unknown whether the append was stored.", exception);
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
