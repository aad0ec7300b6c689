using System.Globalization;

namespace OrleansChat.Protocol.Text;

/// <summary>
/// Writes server frames as lines for people. Line breaks in users' texts become spaces. Except in raw views, control
/// characters become U+FFFD, so that a message cannot control the terminal of another user.
/// </summary>
public static class TextLineWriter
{
    /// <summary>
    /// Returns one line. For a page of events or a list of conversations, returns one line per entry, joined by
    /// <c>\n</c>. Returns null if this view shows nothing of the frame.
    /// </summary>
    public static string? Write(ServerFrame frame, TextView view) => frame switch
    {
        Page page => Lines(page, view),
        ChatEvent ev when view.Raw => ev is { Kind: EventKind.Msg, Text: { } text } ? Seq(ev, view) + OneLine.From(text) : null,
        ChatEvent { Kind: EventKind.Other } => null,
        ChatEvent ev => Seq(ev, view) + OneLine.ForTerminal(Event(ev, view)),
        _ when view.Raw => null,
        ConversationList list => Lines(list),
        _ => Notice(frame, view) is { } notice ? OneLine.ForTerminal(notice) : null,
    };

    /// <summary>The answer to <see cref="ListRooms"/>.</summary>
    public static string Rooms(IReadOnlyCollection<string> rooms) => rooms.Count == 0
        ? "* you are in no room, /join lobby enters one"
        : OneLine.ForTerminal($"* you are in {string.Join(", ", rooms.Select(TextId.WriteRoom))}");

    /// <summary>The answer to <see cref="MakeLink"/>.</summary>
    public static string Link(string room, string code) => $"* the link to join is: /join {TextId.WriteRoom(room)} {code}";

    /// <summary>The answer to <see cref="Unknown"/>.</summary>
    public static string Error(Unknown command) => Error($"there is no /{command.Word}, /help shows the commands", null);

    /// <summary>The answer to <see cref="Mistyped"/>.</summary>
    public static string Error(Mistyped command) => Error(command.Message, null);

    private static string Error(string message, int? retry) =>
        OneLine.ForTerminal(retry is { } ms ? $"! {message}, try again in {Seconds(ms)} s" : $"! {message}");

    private static string? Lines(Page page, TextView view)
    {
        var lines = page.Events.Select(ev => Write(ev, view)).OfType<string>().ToArray();
        return lines.Length == 0 ? null : string.Join('\n', lines);
    }

    private static string Lines(ConversationList list)
    {
        string[] lines =
        [
            .. list.Rooms.Select(entry => OneLine.ForTerminal(Conversation(entry))),
            .. list.More ? ["* there are more conversations"] : (string[])[],
        ];
        return lines.Length == 0 ? "* you have no conversations" : string.Join('\n', lines);
    }

    private static string Conversation(ConversationEntry entry)
    {
        var name = entry.Title is { } title ? $"{TextId.WriteRoom(entry.Room)} ({title})" : TextId.WriteRoom(entry.Room);
        var unread = entry.Unread > 0 ? $", {entry.Unread.ToString(CultureInfo.InvariantCulture)} unread" : "";
        var mentions = entry.Mentions is { } count and > 0
            ? $", {count.ToString(CultureInfo.InvariantCulture)} {(count == 1 ? "mention" : "mentions")}"
            : "";
        var last = entry switch
        {
            { Last: { Kind: EventKind.Msg or EventKind.Edit, Text: { } text } newest } => $" - {TextId.Write(newest.From)}: {text}",
            { Role: MemberRole.Invited } => $" - you are invited, /join {entry.Room} accepts",
            _ => "",
        };
        return $"* {name}{unread}{mentions}{last}";
    }

    private static string Event(ChatEvent ev, TextView view) => Event(ev, TextId.Write(ev.From), view);

    private static string Event(ChatEvent ev, string from, TextView view) => ev.Kind switch
    {
        EventKind.Msg when ev.Text is null => Star(ev.Room, $"message {ev.Seq} by {from} was deleted", view),
        EventKind.Msg or EventKind.Edit => Message(ev, from, view),
        EventKind.Delete => Star(ev.Room, $"{from} deleted message {ev.Ref}", view),
        EventKind.React => Star(ev.Room, $"{from} put {ev.Text} on message {ev.Ref}", view),
        EventKind.Unreact => Star(ev.Room, $"{from} took {ev.Text} off message {ev.Ref}", view),
        EventKind.Join => Star(ev.Room, $"{from} is a member now", view),
        EventKind.Leave => Star(ev.Room, $"{from} is no longer a member", view),
        EventKind.Title => Star(ev.Room, $"{from} set the title: {ev.Text}", view),
        EventKind.Settings => Star(ev.Room, $"{from} changed the settings: {Settings(ev.Settings)}", view),
        EventKind.Link => Star(ev.Room, $"{from} made an invitation link", view),
        EventKind.Unlink => Star(ev.Room, $"{from} ended an invitation link", view),
        _ => Star(ev.Room, Change(ev, from, TextId.Write(ev.User ?? "")), view),
    };

    /// <summary>
    /// The settings of a group. The actions of moderators are shown only if they are not all actions.
    /// </summary>
    private static string Settings(GroupSettings? settings)
    {
        var access = settings?.Private == true ? "private" : "public";
        return $"{access}; members may {May(settings?.Members)}"
            + (settings?.Moderators is { } moderators and not GroupActions.All ? $"; moderators may {May(moderators)}" : "");

        static string May(GroupActions? actions) =>
            actions is null or GroupActions.None ? "only read" : string.Join(", ", GroupActionWords.List(actions.Value));
    }

    /// <summary>The line for a change of a user's rights.</summary>
    private static string Change(ChatEvent ev, string from, string user) => ev.Kind switch
    {
        EventKind.Invite => $"{from} invited {user}",
        EventKind.Kick => $"{from} removed {user}",
        EventKind.Ban => $"{from} banned {user}",
        EventKind.Unban => $"{from} lifted the ban of {user}",
        EventKind.Mute => $"{from} muted {user}",
        EventKind.Unmute => $"{from} lifted the mute of {user}",
        EventKind.Role when ev.Role == MemberRole.Owner => $"{user} is an owner now",
        EventKind.Role when ev.Role == MemberRole.Moderator => $"{user} is a moderator now",
        EventKind.Role => $"{user} is a member now",
        _ => throw new InvalidOperationException($"{ev.Kind} has no line."),
    };

    private static string Message(ChatEvent ev, string from, TextView view)
    {
        var text = ev.Edited || ev.Kind == EventKind.Edit ? $"{ev.Text} (edited)" : ev.Text;
        var isMe = TextMeta.IsMe(ev.Meta);
        return RoomReference.User(ev.Room) switch
        {
            { } peer when ev.From == view.User => $"-> *{TextId.Write(peer)}* {(isMe ? $"* {from} {text}" : text)}",
            not null => $"*{from}* {(isMe ? $"* {from} {text}" : text)}",
            null when isMe => Star(ev.Room, $"{from} {text}", view),
            null => $"{Room(ev.Room, view)}{from}: {text}",
        };
    }

    /// <summary>The line for a frame other than an event; null if it is not shown to people.</summary>
    private static string? Notice(ServerFrame frame, TextView view) => frame switch
    {
        Welcome welcome => $"* you are {TextId.Write(welcome.User)}, /help shows the commands",
        Joined joined when RoomReference.User(joined.Room) is { } peer => $"* you are in a direct conversation with {TextId.Write(peer)}",
        Joined joined => $"* you are in {joined.Room} ({joined.Count} here)",
        Presence presence when RoomReference.User(presence.Room) is not null => null,
        Presence { User: { } user, Online: { } online } presence =>
            Star(presence.Room, $"{TextId.Write(user)} {(online ? "joined" : "left")} ({presence.Count} here)", view),
        WhoIs { Users: { } users } who => Star(who.Room, $"{who.Count} here: {string.Join(", ", users.Select(TextId.Write))}", view),
        WhoIs who => Star(who.Room, $"{who.Count} here", view),
        Gap gap when gap.From == gap.To => Star(gap.Room, $"message {gap.From} was skipped, /last shows it", view),
        Gap gap => Star(gap.Room, $"messages {gap.From} to {gap.To} were skipped, /last shows them", view),
        Left { Reason: "kicked" } left => $"* you were removed from {left.Room}",
        Left { Reason: "banned" } left => $"* you were banned from {left.Room}",
        Invited { Title: { } title } invited => $"* you are invited to {title}, /join {invited.Room} accepts",
        Invited invited => $"* you are invited, /join {invited.Room} accepts",
        Left left when RoomReference.User(left.Room) is { } peer => $"* too many rooms are open, so your conversation with {TextId.Write(peer)} is closed until its next message",
        Left left => $"* too many rooms are open, so {left.Room} is closed until its next message",
        Err err => Error(err.Message, err.Retry),
        Bye { After: { } after } bye => $"* goodbye: {bye.Reason}, come back in {Seconds(after)} s",
        Bye bye => $"* goodbye: {bye.Reason}",
        _ => null,
    };

    private static string Star(string room, string what, TextView view) => $"{Room(room, view)}* {what}";

    private static string Room(string room, TextView view) => view.ShowRoom ? $"[{TextId.WriteRoom(room)}] " : "";

    private static string Seq(ChatEvent ev, TextView view) =>
        view.ShowSeq ? string.Create(CultureInfo.InvariantCulture, $"#{ev.Seq} ") : "";

    /// <summary>A duration in whole seconds, rounded up, at least 1.</summary>
    private static int Seconds(int milliseconds) => Math.Max(1, ((milliseconds - 1) / 1000) + 1);
}
