namespace OrleansChat.Protocol;

/// <summary>Bounds that belong to version 1 of the protocol itself. They are no options, so a client may rely on them.</summary>
public static class Bounds
{
    /// <summary>Characters of a room's name.</summary>
    public const int RoomNameCharacters = 64;

    /// <summary>Code points of a user id.</summary>
    public const int UserIdCodePoints = 64;

    /// <summary>Unicode scalar values of a command's id.</summary>
    public const int IdCharacters = 64;

    /// <summary>Unicode scalar values of a device's name.</summary>
    public const int DeviceCharacters = 64;

    /// <summary>Unicode scalar values of an epoch.</summary>
    public const int EpochCharacters = 64;

    /// <summary>Unicode scalar values of a token.</summary>
    public const int TokenCharacters = 8192;

    /// <summary>UTF-8 bytes of the emoji of a reaction.</summary>
    public const int EmojiBytes = 64;

    /// <summary>How deep the JSON of a command may nest, the command's own object included.</summary>
    public const int Depth = 16;

    /// <summary>Lines of a frame that are not JSON, each of which costs the server more than a command; after them the frame is not read on.</summary>
    public const int BrokenLines = 8;
}
