namespace OrleansChat.Protocol.Text;

/// <summary>How one connection in text mode wants its lines.</summary>
/// <param name="User">Whose connection it is: what this user whispers is shown as sent, not as received.</param>
/// <param name="ShowRoom">True where the connection is in more than one room: <c>[lobby] bob: hello</c>.</param>
/// <param name="ShowSeq"><c>?seq=1</c>: <c>#42 </c> before every event.</param>
/// <param name="Raw"><c>?raw=1</c>: the bare text of messages and nothing else.</param>
public readonly record struct TextView(string User, bool ShowRoom = false, bool ShowSeq = false, bool Raw = false);
