using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>Maps the readers of a message.</summary>
internal static partial class FrameMapping
{
    /// <summary>Makes the answer to a <c>readers</c> command: a list of users, or an error.</summary>
    public static ServerFrame Answer(Readers readers, ReaderPage page) => page.Refusal switch
    {
        null => new ReaderList(readers.Id, readers.Room, readers.Ref, page.Users, page.More),

        // The user may not read the room, or it cannot be reached. Every question gets the same error for this.
        { Message: "" } refused => Error(readers.Id, refused.Reason),
        var refused => Error(readers.Id, refused),
    };
}
