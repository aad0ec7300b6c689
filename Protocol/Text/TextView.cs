namespace OrleansChat.Protocol.Text;

/// <summary>How one connection in text mode shows its lines.</summary>
/// <param name="User">
/// The user of the connection. Direct messages from this user are shown as sent, not as received.
/// </param>
/// <param name="ShowRoom">True to begin lines with the room's name: <c>[lobby] bob: hello</c>.</param>
/// <param name="ShowSeq"><c>?seq=1</c>: begin every event with its sequence, such as <c>#42 </c>.</param>
/// <param name="Raw"><c>?raw=1</c>: show only the texts of messages.</param>
public readonly record struct TextView(string User, bool ShowRoom = false, bool ShowSeq = false, bool Raw = false);
