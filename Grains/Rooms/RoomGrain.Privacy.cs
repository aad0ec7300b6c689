namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Hides the two users of a direct room from each other until both have sent an event in it, and while one of them
/// blocks the other. Otherwise, one message would be enough to watch another user's presence, read marks and typing.
/// The log alone shows which users have sent an event, so nothing else is stored.
/// </summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// The users of a direct room who have sent no event, as far as this activation knows. Empty in channels and
    /// groups, and in the direct room of one user alone. A user who has sent an event never comes back into this array,
    /// even if the message is deleted.
    /// </summary>
    /// <remarks>
    /// Each claim reads from the log which users have sent an event. So the array can contain a user who has sent an
    /// event only in three cases. In these cases the room hides more than it must, but never less.
    /// <list type="bullet">
    /// <item>Before the first claim. No user is attached then.</item>
    /// <item>After an append with an unknown outcome. The room claims again before it acknowledges an event.</item>
    /// <item>If a newer activation owns the room. The gateways then report their users to that activation.</item>
    /// </list>
    /// </remarks>
    private string[] _silent;

    /// <summary>Whether the two users of the room must not notice each other.</summary>
    private bool HidesUsers => _silent.Length > 0 || _blockers.Count > 0;

    /// <summary>Number of attached users that presence updates show.</summary>
    private int VisibleCount => HidesUsers ? 0 : _attached.Count;

    /// <summary>The attached users that this user may see.</summary>
    private IReadOnlyCollection<string> VisibleTo(string user) => !HidesUsers ? _attached.Users : _attached.Contains(user) ? [user] : [];

    /// <summary>
    /// Records that users have sent an event that is durable. If the two users of the direct room may now see each
    /// other, publishes the presence of the attached users.
    /// </summary>
    private void OnSent(IEnumerable<string> users)
    {
        if (_silent.Length == 0)
        {
            return;
        }

        _silent = [.. _silent.Except(users)];
        if (!HidesUsers)
        {
            Reveal();
        }
    }

    private void Reveal()
    {
        foreach (var user in _attached.Users)
        {
            _presence.Changed(user, here: true);
        }
    }

    /// <summary>
    /// Publishes that the attached users have left. Otherwise, clients would show the last presence for as long as the
    /// block lasts.
    /// </summary>
    private void Hide()
    {
        foreach (var user in _attached.Users)
        {
            _presence.Changed(user, here: false);
        }
    }
}
