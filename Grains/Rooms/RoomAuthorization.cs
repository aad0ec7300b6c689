using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Asks the <see cref="IRoomAuthorizer"/> of the silo the questions of the room grains and the history grains. Limits
/// the time of each question and the number of unanswered questions. Thread-safe.
/// </summary>
/// <param name="authorizer">
/// Null if the silo has none. <see cref="AskAsync(IReadOnlyList{Question})"/> must not be called then.
/// </param>
internal sealed partial class RoomAuthorization(TimeProvider time, ILogger<RoomAuthorization> logger, IRoomAuthorizer? authorizer = null)
{
    /// <summary>If a question has no answer after this time, it counts as failed.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>An outage ends when the authorizer answers and no question has failed for this time.</summary>
    public static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maximum number of questions about one room that have no answer yet. A further question counts as failed at once.
    /// This number is reached only if the authorizer ignores its cancellation token, or if many questions arrive at the
    /// same time.
    /// </summary>
    public const int MaxPendingOfRoom = 1024;

    /// <summary>Like <see cref="MaxPendingOfRoom"/>, for all rooms of the silo.</summary>
    private const int MaxPending = 100_000;

    private readonly DecisionCache _cache = new(time);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _pending = [];
    private int _allPending;
    private long _failures;
    private long _lastFailure;

    public bool IsOn => authorizer is not null;

    /// <summary>
    /// Returns one access for each question, in the same order. An access is null if the authorizer did not answer.
    /// Never throws.
    /// </summary>
    public async ValueTask<Access?[]> AskAsync(IReadOnlyList<Question> questions)
    {
        var requests = new HashSet<RoomRequest>();
        foreach (var question in questions)
        {
            requests.UnionWith(question.Requests());
        }

        var decisions = await DecideAsync(requests);
        return [.. questions.Select(AccessOf)];

        Access? AccessOf(Question question)
        {
            var access = new Access(question.Claimed);
            foreach (var request in question.Requests())
            {
                if (!decisions.TryGetValue(request, out var decision))
                {
                    return null;
                }

                access = access.With(request.Action, decision);
            }

            return access;
        }
    }

    /// <summary>
    /// Returns the decisions from the cache, and those that the authorizer makes in time. A failed question has no
    /// decision.
    /// </summary>
    private async ValueTask<Dictionary<RoomRequest, RoomDecision>> DecideAsync(HashSet<RoomRequest> requests)
    {
        var decisions = new Dictionary<RoomRequest, RoomDecision>(requests.Count);
        var open = new List<RoomRequest>();
        foreach (var request in requests)
        {
            if (_cache.Find(request) is { } decision)
            {
                decisions.Add(request, decision);
            }
            else
            {
                open.Add(request);
            }
        }

        if (open.Count == 0)
        {
            return decisions;
        }

        using var patience = new CancellationTokenSource(Patience, time);
        var asked = open.ConvertAll(request => AskAsync(request, patience.Token));
        await ((Task)Task.WhenAll(asked)).WaitAsync(patience.Token)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Exception? failure = null;
        for (var i = 0; i < asked.Count; i++)
        {
            // AskAsync never throws. If its task has not completed, the time is over.
            var (decision, exception) = asked[i].IsCompletedSuccessfully ? await asked[i] : (null, new TimeoutException("The authorizer did not answer in time."));
            if (decision is { } known)
            {
                decisions.Add(open[i], known);
            }

            failure ??= exception;
        }

        Report(requests.Count - decisions.Count, failure);
        return decisions;
    }

    private async Task<(RoomDecision?, Exception?)> AskAsync(RoomRequest request, CancellationToken cancellationToken)
    {
        if (!TryBegin(request.Room))
        {
            return (null, new InvalidOperationException("The authorizer was not asked, because too many questions to it have no answer."));
        }

        try
        {
            var decision = await authorizer!.AuthorizeAsync(request, cancellationToken);
            if (!Enum.IsDefined(decision))
            {
                return (null, new InvalidOperationException($"The authorizer returned the undefined decision {decision}."));
            }

            _cache.Set(request, decision);
            return (decision, null);
        }
        catch (Exception exception)
        {
            return (null, exception);
        }
        finally
        {
            End(request.Room);
        }
    }

    private bool TryBegin(string room)
    {
        lock (_gate)
        {
            var pending = _pending.GetValueOrDefault(room);
            if (pending >= MaxPendingOfRoom || _allPending >= MaxPending)
            {
                return false;
            }

            _pending[room] = pending + 1;
            _allPending++;
            return true;
        }
    }

    private void End(string room)
    {
        lock (_gate)
        {
            _allPending--;
            if (--_pending[room] == 0)
            {
                _pending.Remove(room);
            }
        }
    }

    /// <summary>Logs the beginning and the end of an outage.</summary>
    private void Report(int failed, Exception? exception)
    {
        bool begins;
        long ended = 0;
        lock (_gate)
        {
            begins = failed > 0 && _failures == 0;
            if (failed > 0)
            {
                _failures += failed;
                _lastFailure = time.GetTimestamp();
            }
            else if (_failures > 0 && time.GetElapsedTime(_lastFailure) >= Recovery)
            {
                (ended, _failures) = (_failures, 0);
            }
        }

        if (begins)
        {
            LogFailing(exception);
        }
        else if (ended > 0)
        {
            LogRecovered(ended);
        }
    }

    [LoggerMessage(115, LogLevel.Warning, "The room authorizer does not answer; commands that need its answer are refused as unavailable")]
    private partial void LogFailing(Exception? exception);

    [LoggerMessage(116, LogLevel.Information, "The room authorizer answers again; {Failures} questions had no answer")]
    private partial void LogRecovered(long failures);
}

/// <summary>The question whether a user may do what a command needs in a room.</summary>
/// <param name="Actions">The actions to ask about; <see cref="RoomAction.None"/> to ask nothing.</param>
/// <param name="Claimed">The actions that the user's token grants in the room.</param>
internal readonly record struct Question(string Room, RoomKind Kind, string User, RoomAction Actions, RoomAction Claimed, RoomRole Role)
{
    /// <summary>One request for each action.</summary>
    public IEnumerable<RoomRequest> Requests()
    {
        for (var action = RoomAction.Join; action <= RoomAction.Pin; action = (RoomAction)((int)action << 1))
        {
            if ((Actions & action) != 0)
            {
                yield return new(Room, Kind, User, action, Claimed, Role);
            }
        }
    }
}
