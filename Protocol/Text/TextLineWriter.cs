using System.Globalization;

namespace OrleansChat.Protocol.Text;

/// <summary>
/// What the server says as a person reads it. Every line is one line: breaks in what people wrote become spaces, and (but for raw views)
/// control characters become U+FFFD, so that nobody's message reaches into another's terminal.
/// </summary>
public static class TextLineWriter
{
    /// <summary>One line, or for a page one for each event, joined by <c>\n</c>; null where this view shows nothing.</summary>
    public static string? Write(ServerFrame frame, TextView view) => frame switch
    {
        Page page => Lines(page, view),
        ChatEvent ev when view.Raw => ev is { Kind: EventKind.Msg, Text: { } text } ? Seq(ev, view) + OneLine.Of(text) : null,
        ChatEvent ev => Seq(ev, view) + OneLine.ForTerminal(Event(ev, view)),
        _ when view.Raw => null,
        _ => Notice(frame, view) is { } notice ? OneLine.ForTerminal(notice) : null,
    };

    /// <summary>The answer to <see cref="ListRooms"/>.</summary>
    public static string Rooms(IReadOnlyCollection<string> rooms) => rooms.Count == 0
        ? "* you are in no room, /join lobby enters one"
        : OneLine.ForTerminal($"* you are in {string.Join(", ", rooms)}");

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

    private static string Event(ChatEvent ev, TextView view) => ev.Kind switch
    {
        EventKind.Msg when ev.Text is null => Star(ev.Room, $"message {ev.Seq} by {ev.From} was deleted", view),
        EventKind.Msg or EventKind.Edit => Message(ev, view),
        EventKind.Delete => Star(ev.Room, $"{ev.From} deleted message {ev.Ref}", view),
        EventKind.React => Star(ev.Room, $"{ev.From} put {ev.Text} on message {ev.Ref}", view),
        EventKind.Unreact => Star(ev.Room, $"{ev.From} took {ev.Text} off message {ev.Ref}", view),
        EventKind.Join => Star(ev.Room, $"{ev.From} is a member now", view),
        EventKind.Leave => Star(ev.Room, $"{ev.From} is no longer a member", view),
        _ => throw new InvalidOperationException($"{ev.Kind} has no line."),
    };

    private static string Message(ChatEvent ev, TextView view)
    {
        var text = ev.Edited || ev.Kind == EventKind.Edit ? $"{ev.Text} (edited)" : ev.Text;
        var isMe = TextMeta.IsMe(ev.Meta);
        return RoomReference.User(ev.Room) switch
        {
            { } peer when ev.From == view.User => $"-> *{peer}* {(isMe ? $"* {ev.From} {text}" : text)}",
            not null => $"*{ev.From}* {(isMe ? $"* {ev.From} {text}" : text)}",
            null when isMe => Star(ev.Room, $"{ev.From} {text}", view),
            null => $"{Room(ev.Room, view)}{ev.From}: {text}",
        };
    }

    /// <summary>What is no event: null for what a person need not be told.</summary>
    private static string? Notice(ServerFrame frame, TextView view) => frame switch
    {
        Welcome welcome => $"* you are {welcome.User}, /help shows the commands",
        Joined joined when RoomReference.User(joined.Room) is { } peer => $"* you are talking with {peer} alone",
        Joined joined => $"* you are in {joined.Room} ({joined.Count} here)",
        Presence presence when RoomReference.User(presence.Room) is not null => null,
        Presence { User: { } user, Online: { } online } presence =>
            Star(presence.Room, $"{user} {(online ? "joined" : "left")} ({presence.Count} here)", view),
        WhoIs { Users: { } users } who => Star(who.Room, $"{who.Count} here: {string.Join(", ", users)}", view),
        WhoIs who => Star(who.Room, $"{who.Count} here", view),
        Gap gap when gap.From == gap.To => Star(gap.Room, $"message {gap.From} was skipped, /last shows it", view),
        Gap gap => Star(gap.Room, $"messages {gap.From} to {gap.To} were skipped, /last shows them", view),
        Err err => Error(err.Message, err.Retry),
        Bye { After: { } after } bye => $"* goodbye: {bye.Reason}, come back in {Seconds(after)} s",
        Bye bye => $"* goodbye: {bye.Reason}",
        _ => null,
    };

    private static string Star(string room, string what, TextView view) => $"{Room(room, view)}* {what}";

    private static string Room(string room, TextView view) => view.ShowRoom ? $"[{room}] " : "";

    private static string Seq(ChatEvent ev, TextView view) =>
        view.ShowSeq ? string.Create(CultureInfo.InvariantCulture, $"#{ev.Seq} ") : "";

    /// <summary>A wait as people count it: whole seconds, and never none.</summary>
    private static int Seconds(int milliseconds) => Math.Max(1, ((milliseconds - 1) / 1000) + 1);
}
