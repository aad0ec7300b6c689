using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// The answers of the <see cref="IRoomAuthorizer"/> in the last 30 s. The key of an answer is the room, the user, the
/// action and the actions that the user's token grants. Thread-safe.
/// </summary>
internal sealed class DecisionCache(TimeProvider time)
{
    /// <summary>Time for which an answer may be used again.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maximum number of answers in each of the two dictionaries. When the newer dictionary is full, it replaces the
    /// older one, and the answers in the older one are dropped.
    /// </summary>
    private const int MaxAnswers = 50_000;

    private readonly Lock _gate = new();
    private Dictionary<Key, Answer> _newer = [];
    private Dictionary<Key, Answer> _older = [];

    public RoomDecision? Find(RoomRequest request)
    {
        var key = Key.From(request);
        lock (_gate)
        {
            return (_newer.TryGetValue(key, out var answer) || _older.TryGetValue(key, out answer)) && time.GetElapsedTime(answer.Since) < Lifetime
                ? answer.Decision
                : null;
        }
    }

    public void Set(RoomRequest request, RoomDecision decision)
    {
        lock (_gate)
        {
            if (_newer.Count >= MaxAnswers)
            {
                (_older, _newer) = (_newer, []);
            }

            _newer[Key.From(request)] = new(decision, time.GetTimestamp());
        }
    }

    private readonly record struct Key(string Room, string User, RoomAction Action, RoomAction Claimed)
    {
        public static Key From(RoomRequest request) => new(request.Room, request.User, request.Action, request.Claimed);
    }

    private readonly record struct Answer(RoomDecision Decision, long Since);
}
