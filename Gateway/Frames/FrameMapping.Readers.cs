using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>Makes the answer to the command about the readers of a message.</summary>
internal static partial class FrameMapping
{
    /// <summary>Makes the answer to a <c>readers</c> command: a list of users, or an error.</summary>
    public static ServerFrame Answer(Readers readers, ReaderPage page) => page.Refusal switch
    {
        null => new ReaderList(readers.Id, readers.Room, readers.Ref, page.Users, page.More),

        // If the message is empty, the user may not read the room, or the room cannot be reached. The answer is then
        // the same error as for history.
        { Message: "" } refused => Error(readers.Id, refused.Reason),
        var refused => Error(readers.Id, refused),
    };
}
