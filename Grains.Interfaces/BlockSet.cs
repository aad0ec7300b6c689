namespace OrleansChat.Grains.Interfaces;

/// <summary>A request to block a user, or to end a block.</summary>
/// <param name="User">The user who asks.</param>
/// <param name="Blocked">The user to block. Must not be <paramref name="User"/>.</param>
/// <param name="IsOn">True to block <paramref name="Blocked"/>, false to end the block.</param>
[GenerateSerializer, Immutable, Alias("chat.block-set")]
public sealed record BlockSet([property: Id(0)] string User, [property: Id(1)] string Blocked, [property: Id(2)] bool IsOn);
