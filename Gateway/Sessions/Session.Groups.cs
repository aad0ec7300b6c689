using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>The creation of rooms, and invitations to groups.</summary>
internal sealed partial class Session
{
    /// <summary>
    /// Why a session enters a room. Only <see cref="Asked"/> and <see cref="Created"/> can create the room, or make the
    /// user a member of a group. If the room refuses, the client gets an error, except after <see cref="Notified"/>.
    /// </summary>
    private enum Entry
    {
        /// <summary>The client sent join.</summary>
        Asked,

        /// <summary>
        /// The client sent a cursor in hello, or join with <c>resume</c>. A cursor has no id, so its error names the
        /// room.
        /// </summary>
        Resumed,

        /// <summary>A notification said that the room has new events.</summary>
        Notified,

        /// <summary>The client sent create.</summary>
        Created,
    }

    /// <summary>The kind of room that an entry creates if the room does not exist; null if it creates none.</summary>
    /// <param name="asked">The kind that the client gave; null for none.</param>
    private RoomKind? GetKindToCreate(string room, Entry entry, RoomKind? asked) => entry switch
    {
        Entry.Created => RoomKind.Group,
        Entry.Asked when services.Options.CreateRoomsOnJoin && !RoomKey.IsDirect(room) && !RoomKey.IsPrivate(room) => asked ?? RoomKind.Channel,
        _ => null,
    };

    /// <summary>
    /// Creates a private group by joining a room with a new name. The answer to this join is the answer to create.
    /// </summary>
    private void Create(Create create) =>
        Join(new(create.Id, RoomNames.NewPrivate(), null, null, null, "group"), Entry.Created, create.Title);

    /// <summary>
    /// Posts the title of a group that this session has created. The group exists already, so a failure is not
    /// reported: the group then has no title, and the client can set one.
    /// </summary>
    private void PostFirst(string room, string? title)
    {
        if (title is not null)
        {
            Interlocked.Increment(ref _inFlight);
            services.Rooms.Send(room, FrameMapping.FirstTitle(title, user, ClaimedIn(room)), _ => CountAnswer());
        }
    }

    private void ReportInvitation(string room, Invited invited)
    {
        lock (_gate)
        {
            if (_invitations.TryInvite(room))
            {
                Answer(invited);
            }
        }
    }
}
