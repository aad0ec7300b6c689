namespace OrleansChat.Grains.Interfaces;

/// <summary>A gateway's inbox: the one stream through which rooms and users reach the sessions it holds.</summary>
public static class Inbox
{
    /// <summary>The stream provider's name, on silos and gateways.</summary>
    public const string Provider = "inbox";

    /// <summary>The grain storage that the provider keeps subscriptions in.</summary>
    public const string SubscriptionStore = "PubSubStore";

    /// <summary>The namespace of the streams; the key is the gateway's id, fresh for every process start and never reused.</summary>
    public const string Namespace = "gateway";
}

/// <summary>What comes through an inbox: doorbells. Losing one costs time, never an event. A closed family.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox")]
public abstract record InboxItem;

/// <summary>A committed batch of one room, ascending and dense.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.events")]
public sealed record RoomEvents([property: Id(0)] string Room, [property: Id(1)] long Claim, [property: Id(2)] RoomEvent[] Events) : InboxItem;

/// <summary>
/// Comings and goings, joined together. In a large room the names are left out and the count alone is told. Told again, without names and
/// under the same mark, when nothing changes for a while: whoever missed the last one finds out.
/// </summary>
/// <param name="Mark">Which notice this is.</param>
[GenerateSerializer, Immutable, Alias("chat.inbox.attendance")]
public sealed record RoomAttendance(
    [property: Id(0)] string Room,
    [property: Id(1)] NoticeMark Mark,
    [property: Id(2)] string[] Came,
    [property: Id(3)] string[] Went,
    [property: Id(4)] int Count) : InboxItem;

/// <summary>Somebody is typing.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.typing")]
public sealed record RoomTyping([property: Id(0)] string Room, [property: Id(1)] string User) : InboxItem;

/// <summary>A read mark moved.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.mark")]
public sealed record RoomMark([property: Id(0)] string Room, [property: Id(1)] string User, [property: Id(2)] long Read) : InboxItem;

/// <summary>The room's activation is leaving its silo: tell the next one who is attached.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.moved")]
public sealed record RoomMoved([property: Id(0)] string Room) : InboxItem;

/// <summary>Events of a room that a user belongs to are in the log; the user's sessions here may not be in that room yet.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.ring")]
public sealed record UserRing(
    [property: Id(0)] string User, [property: Id(1)] string Room, [property: Id(2)] long From, [property: Id(3)] long To) : InboxItem;

/// <summary>A newer session of the same device took over from this one.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.replaced")]
public sealed record SessionReplaced([property: Id(0)] string Session) : InboxItem;

/// <summary>The gateway's own voice, by way of <see cref="IInboxEchoGrain"/>.</summary>
[GenerateSerializer, Immutable, Alias("chat.inbox.echo")]
public sealed record InboxEcho([property: Id(0)] long Number) : InboxItem;
