namespace OrleansChat.Grains.MessageLog.Memory;

/// <summary>The blocks of all users in a <see cref="MemoryMessageLog"/>. Thread-safe.</summary>
internal sealed class MemoryBlocks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedSet<string>> _blocks = new(StringComparer.Ordinal);

    public bool Add(string user, string blocked)
    {
        lock (_gate)
        {
            if (!_blocks.TryGetValue(user, out var blocks))
            {
                _blocks[user] = blocks = new(StringComparer.Ordinal);
            }

            return blocks.Contains(blocked) || (blocks.Count < BlockRules.MaxBlocks && blocks.Add(blocked));
        }
    }

    public void Remove(string user, string blocked)
    {
        lock (_gate)
        {
            _blocks.GetValueOrDefault(user)?.Remove(blocked);
        }
    }

    public IReadOnlyList<string> Of(string user)
    {
        lock (_gate)
        {
            return [.. _blocks.GetValueOrDefault(user) ?? []];
        }
    }

    /// <summary>Returns which of <paramref name="users"/> have blocked <paramref name="blocked"/>.</summary>
    public IReadOnlyList<string> Blockers(string blocked, IEnumerable<string> users)
    {
        lock (_gate)
        {
            return [.. users.Distinct().Where(user => _blocks.GetValueOrDefault(user)?.Contains(blocked) == true)];
        }
    }
}
