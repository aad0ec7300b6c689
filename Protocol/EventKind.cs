namespace OrleansChat.Protocol;

/// <summary>
/// The kinds of events in a room's log. Clients send the first five. The server writes the next two, in groups only.
/// </summary>
public enum EventKind
{
    Msg,

    /// <summary>A new text for the message that <c>ref</c> names. Only the message's author may send it.</summary>
    Edit,

    /// <summary>
    /// Deletes the text and meta of the message that <c>ref</c> names. Only the message's author may send it.
    /// </summary>
    Delete,

    /// <summary>A reaction to the message that <c>ref</c> names.</summary>
    React,

    /// <summary>Removes the sender's reaction that has the same <c>ref</c> and <c>text</c>.</summary>
    Unreact,

    /// <summary>A user became a member of the group.</summary>
    Join,

    /// <summary>A user left the group and is no longer a member.</summary>
    Leave,

    /// <summary>
    /// A kind that this server does not know, because a newer server wrote the event during an upgrade. The server
    /// sends the event without its content, so that the sequences have no gap.
    /// </summary>
    Other,
}
