using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>Makes the answers to the commands about blocks.</summary>
internal static partial class FrameMapping
{
    /// <summary>Makes the answer to a <c>block</c> or <c>unblock</c> command.</summary>
    /// <param name="reply">Null if the call could not begin in time.</param>
    public static ServerFrame Blocked(string? id, ConversationReply? reply) => reply switch
    {
        null => Error(id, Refusal.Unavailable),
        { TooMany: { } message } => new Err(id, ChatErrorCode.TooLarge, message, null),
        { Refusal: { } refused } => Error(id, refused),
        _ => new Ok(id, null, null, null, false, null),
    };

    /// <summary>Makes the answer to a <c>blocks</c> command: a list of users, or an error.</summary>
    /// <param name="users">Null if the users could not be read in time.</param>
    public static ServerFrame Blocks(string? id, string[]? users) =>
        users is null ? Error(id, Refusal.Unavailable) : new BlockList(id, users);
}
