namespace OrleansChat.Protocol;

/// <summary>The kinds of events in a room's log. Clients send the first five; the server writes the last two for groups.</summary>
public enum EventKind
{
    /// <summary>A message.</summary>
    Msg,

    /// <summary>A new text for the message that <c>ref</c> names; its author's alone.</summary>
    Edit,

    /// <summary>Takes the text of the message that <c>ref</c> names; its author's alone.</summary>
    Delete,

    /// <summary>A reaction to the message that <c>ref</c> names.</summary>
    React,

    /// <summary>Takes that reaction back.</summary>
    Unreact,

    /// <summary>Somebody became a member of a group.</summary>
    Join,

    /// <summary>Somebody gave up membership of a group.</summary>
    Leave,
}
