namespace OrleansChat.Protocol.Json;

/// <summary>The <c>t</c> of what a client says.</summary>
internal enum CommandType
{
    Hello,
    Join,
    Leave,
    Send,
    Mark,
    Typing,
    History,
    Who,
    Ping,
    Auth,
}

/// <summary>The <c>t</c> of what the server says.</summary>
internal enum FrameType
{
    Welcome,
    Joined,
    Ev,
    Ok,
    Err,
    Page,
    Who,
    Typing,
    Presence,
    Mark,
    Gap,
    Bye,
    Pong,
}
