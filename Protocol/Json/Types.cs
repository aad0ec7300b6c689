namespace OrleansChat.Protocol.Json;

/// <summary>The types (<c>t</c>) of commands.</summary>
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
    Conversations,
    Conversation,
    Create,
    Members,
    Readers,
    Block,
    Unblock,
    Blocks,
    Report,
    Reports,
    Dismiss,
    Ping,
    Auth,
}

/// <summary>The types (<c>t</c>) of server frames.</summary>
internal enum FrameType
{
    Welcome,
    Joined,
    Ev,
    Ok,
    Err,
    Page,
    Conversations,
    Conversation,
    Members,
    Readers,
    Blocks,
    Reports,
    Invited,
    Who,
    Typing,
    Presence,
    Mark,
    Gap,
    Left,
    Bye,
    Pong,
}
