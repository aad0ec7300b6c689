namespace OrleansChat.Protocol;

/// <summary>
/// The kinds of events in a room's log. Clients may send <see cref="Msg"/> to <see cref="Unreact"/>, <see cref="Pin"/>
/// and <see cref="Unpin"/> in every room. They may send <see cref="Invite"/> to <see cref="Unlink"/> only in groups.
/// Only the server writes <see cref="Join"/> and <see cref="Leave"/>.
/// </summary>
public enum EventKind
{
    Msg,

    /// <summary>
    /// Replaces the text of the message that <c>ref</c> names. Only the message's author may send this event.
    /// </summary>
    Edit,

    /// <summary>
    /// Deletes the text, meta and mentions of the message that <c>ref</c> names. The message's author may send this
    /// event. A user who may moderate (<see cref="GroupAction.Moderate"/>) may also send it, if the author has a lower
    /// role.
    /// </summary>
    Delete,

    /// <summary>A reaction to the message that <c>ref</c> names.</summary>
    React,

    /// <summary>Removes the sender's reaction that has the same <c>ref</c> and <c>text</c>.</summary>
    Unreact,

    /// <summary>A user became a member of the group.</summary>
    Join,

    /// <summary>A user left the group and is no longer a member, or declined an invitation to the group.</summary>
    Leave,

    /// <summary>Allows <c>user</c> to join the group.</summary>
    Invite,

    /// <summary>Ends the membership of <c>user</c>, or withdraws the invitation of <c>user</c>.</summary>
    Kick,

    /// <summary>
    /// Ends the membership or invitation of <c>user</c>. Before <c>until</c>, <c>user</c> cannot join the group.
    /// </summary>
    Ban,

    /// <summary>Lifts the ban of <c>user</c>.</summary>
    Unban,

    /// <summary>Before <c>until</c>, <c>user</c> may read the group, but not write to it.</summary>
    Mute,

    /// <summary>Lifts the mute of <c>user</c>.</summary>
    Unmute,

    /// <summary>Gives <c>user</c> a role.</summary>
    Role,

    /// <summary>Sets the title of the group to <c>text</c>.</summary>
    Title,

    /// <summary>Replaces the settings of the group by <c>settings</c>.</summary>
    Settings,

    /// <summary>Makes an invitation link of the group. The event does not show the link's code.</summary>
    Link,

    /// <summary>Ends the invitation link whose event <c>ref</c> names.</summary>
    Unlink,

    /// <summary>Pins the message that <c>ref</c> names.</summary>
    Pin,

    /// <summary>Unpins the message that <c>ref</c> names.</summary>
    Unpin,

    /// <summary>
    /// A kind that this server does not know, because a newer server wrote the event during an upgrade. The server
    /// sends the event without its content instead of leaving it out, so that the sequences have no gap.
    /// </summary>
    Other,
}
