using Microsoft.Extensions.Logging;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Grains.MessageLog;

namespace OrleansChat.Grains.Rooms;

/// <summary>
/// Creates the room. An enter command creates a channel or a group. The first message creates a direct room, in the
/// commit that stores the message. The user's grain charges each creation to the user's budget.
/// </summary>
internal sealed partial class RoomGrain
{
    /// <summary>
    /// Whether a user was charged for the creation. If the creation fails after the charge, the retry is free.
    /// </summary>
    private bool _paid;

    /// <summary>
    /// Charges the creation to the user's budget. Returns null if the user may create the room, otherwise the refusal.
    /// Never throws.
    /// </summary>
    private async Task<Refused?> PayAsync(string user)
    {
        if (_paid || _options.CreatesPerUser == 0)
        {
            return null;
        }

        try
        {
            var wait = await GrainFactory.GetGrain<IUserGrain>(user).TakeCreationAsync(_options.CreatesPerUser, _options.CreateInterval);
            _paid |= wait <= TimeSpan.Zero;
            return wait > TimeSpan.Zero && !_paid ? Refusals.TooManyRooms(wait) : null;
        }
        catch (Exception exception)
        {
            LogNoBudget(exception);
            return Refusals.UserAway;
        }
    }

    /// <summary>Creates an empty room. Throws <see cref="MessageLogUnavailableException"/>.</summary>
    private async Task CreateAsync(RoomKind kind)
    {
        // In each RoomOwnershipState:
        // - Unclaimed: create. If a claim or a creation is already in flight, wait for its end instead.
        // - Owned, Unsure, Deactivating: there is a claim, so the room exists.
        // - Lost, without a claim: throw; the caller refuses. Also throw if the deactivation began during the wait
        //   below, unless the claim in flight succeeded.
        while (_ownership.Claim is null)
        {
            if (_ownership.RefusesCommands)
            {
                throw new MessageLogUnavailableException("This activation no longer owns the room.");
            }

            if (!_ownership.IsClaiming)
            {
                _ownership.OnClaiming(CreateAsync());
            }

            await _ownership.Claiming;
        }

        async Task<bool> CreateAsync()
        {
            var claim = await _log.CreateAsync(_room, kind, _stopping.Token);

            // Read the members and links, because the room may have existed already.
            Own(claim, await MembersAsync(claim), await LinksAsync(claim), await ReadDirectAsync());
            return true;
        }
    }

    /// <summary>
    /// Creates a direct room together with the first <paramref name="count"/> messages of the list. Answers these
    /// messages and removes them from the list. If there are several messages and the store refuses one of them,
    /// answers none of them and returns false. The caller then tries one message at a time, so that only a message that
    /// cannot be stored is refused. Must not be called while a claim is in flight.
    /// </summary>
    private async Task<bool> TryCreateWithAsync(List<WaitingEntry> waiting, int count)
    {
        try
        {
            await CreateAsync(waiting[..count]);
        }
        catch (MessageLogEntryException exception)
        {
            if (count > 1)
            {
                return false;
            }

            LogEntryRefused(exception);
            waiting[0].Answer(Refusals.NotStorable);
        }

        waiting.RemoveRange(0, count);
        return true;
    }

    /// <summary>
    /// Creates a direct room with its first messages. Must not be called while a claim is in flight. Throws
    /// <see cref="MessageLogUnavailableException"/>.
    /// </summary>
    private async Task CreateAsync(List<WaitingEntry> waiting)
    {
        var entries = Stamp(waiting);
        var creating = CreateAsync();

        // Other calls wait for the creation as they wait for a claim. So no other call claims the room during the
        // creation, which would make the creation's own claim invalid.
        _ownership.OnClaiming(ForOthersAsync(creating));
        await _ownership.Claiming;
        await creating;

        async Task<bool> CreateAsync()
        {
            var created = await _log.CreateAsync(new RoomCreation(_room, RoomKind.Direct, entries), _stopping.Token);
            Own(created.Claim, await MembersAsync(created.Claim), [], await ReadDirectAsync());
            Appended(waiting, entries, created.Entries);
            return true;
        }

        // If the store refuses these messages, the other calls find that the room does not exist.
        static async Task<bool> ForOthersAsync(Task<bool> creating)
        {
            try
            {
                return await creating;
            }
            catch (MessageLogEntryException)
            {
                return false;
            }
        }
    }

    [LoggerMessage(106, LogLevel.Warning, "A room could not be created: the user's grain could not be reached")]
    private partial void LogNoBudget(Exception exception);
}
