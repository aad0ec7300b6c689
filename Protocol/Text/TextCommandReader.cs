using System.Globalization;
using System.Text;

namespace OrleansChat.Protocol.Text;

/// <summary>
/// Reads a frame of text mode, which is one line typed by a person, as a command. It never throws, whatever the bytes
/// are. Bytes that are not UTF-8 are read as U+FFFD, and so is U+0000. (Invalid UTF-8 can occur only in a binary frame:
/// the WebSocket rejects it in a text frame.)
/// </summary>
public static class TextCommandReader
{
    /// <summary>Maximum number of minutes in <c>/mute</c>: one year. Without a number, the mute has no end.</summary>
    private const int MaxMuteMinutes = 525_600;

    /// <summary>
    /// Returns null for an empty line. Line breaks become spaces, and white space at both ends is removed. <c>//x</c>
    /// is read as the message <c>/x</c>.
    /// </summary>
    public static TextCommand? Read(ReadOnlySpan<byte> frame, ProtocolLimits limits) => Read(Encoding.UTF8.GetString(frame), limits);

    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, ProtocolLimits)"/>
    public static TextCommand? Read(string frame, ProtocolLimits limits)
    {
        var line = OneLine.From(frame).Replace('\0', '\uFFFD').Trim();
        if (line.Length == 0)
        {
            return null;
        }

        if (line[0] != '/' || line.StartsWith("//", StringComparison.Ordinal))
        {
            return Checked(new Say(line[0] == '/' ? line[1..] : line), limits);
        }

        var (word, rest) = FirstWord(line[1..]);
        return word.ToLowerInvariant() switch
        {
            "join" => ReadJoin(rest),
            "link" => ReadLink(rest),
            "topic" => ReadTopic(rest),
            "invite" => ReadChange(EventKind.Invite, "/invite bob", rest),
            "kick" => ReadChange(EventKind.Kick, "/kick bob", rest),
            "mute" => ReadMute(rest),
            "unmute" => ReadChange(EventKind.Unmute, "/unmute bob", rest),
            "leave" when rest.Length == 0 => new LeaveRoom(null),
            "leave" => RoomReference.IsValid(TextId.ReadRoom(rest)) ? new LeaveRoom(TextId.ReadRoom(rest)) : Wrong("/leave, or /leave room", RoomReference.Rule),
            "rooms" => new ListRooms(),
            "list" => new ListConversations(),
            "who" => new WhoIsHere(),
            "msg" => ReadWhisper(rest, limits),
            "last" => ReadLast(rest, limits),
            "me" => rest.Length > 0 ? Checked(new Me(rest), limits) : Wrong("/me text", "the text is missing"),
            "nick" => UserId.IsValid(rest) ? new Nick(rest) : Wrong("/nick name", UserId.Rule),
            "help" => new Help(),
            "quit" => new Quit(),
            _ => new Unknown(word.Length <= Bounds.RoomNameCharacters ? word : word[..Bounds.RoomNameCharacters]),
        };
    }

    private static TextCommand ReadJoin(string rest)
    {
        var (written, code) = FirstWord(rest);
        var room = TextId.ReadRoom(written);
        return !RoomReference.IsValid(room) ? Wrong("/join room", RoomReference.Rule)
            : code.Length == 0 ? new JoinRoom(room)
            : LinkCode.IsValid(code) ? new JoinRoom(room, code)
            : Wrong("/join room code", "a code is 26 to 64 characters of a-z and 2-7");
    }

    private static TextCommand ReadLink(string rest) =>
        rest.Length == 0 ? new MakeLink(null)
        : int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var uses) && uses is >= 1 and <= Bounds.LinkUses ? new MakeLink(uses)
        : Wrong("/link 10", $"the number of uses must be a whole number from 1 to {Bounds.LinkUses}");

    private static TextCommand ReadTopic(string title) =>
        title.Length == 0 || title.Any(char.IsControl) ? Wrong("/topic title", "the title is missing, or has a control character")
        : Scalars.AtMost(title, Bounds.TitleCharacters) ? new Retitle(title)
        : new Mistyped(ChatErrorCode.TooLarge, $"the title is longer than {Bounds.TitleCharacters} characters");

    private static TextCommand ReadChange(EventKind kind, string usage, string rest) =>
        ReadUser(rest) is { } user ? new ChangeMember(kind, user) : Wrong(usage, UserId.Rule);

    private static TextCommand ReadMute(string rest)
    {
        var (written, minutes) = FirstWord(rest);
        return ReadUser(written) is not { } user ? Wrong("/mute bob, or /mute bob 10", UserId.Rule)
            : minutes.Length == 0 ? new ChangeMember(EventKind.Mute, user)
            : int.TryParse(minutes, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= MaxMuteMinutes
            ? new ChangeMember(EventKind.Mute, user, count)
            : Wrong("/mute bob 10", $"the minutes must be a whole number from 1 to {MaxMuteMinutes}");
    }

    /// <summary>The user id that a person wrote, with or without <c>@</c>; null if it is not valid.</summary>
    private static string? ReadUser(string written)
    {
        var user = TextId.Read(RoomReference.User(written) ?? written);
        return UserId.IsUser(user) ? user : null;
    }

    private static TextCommand ReadWhisper(string rest, ProtocolLimits limits)
    {
        var (user, text) = FirstWord(rest);
        user = TextId.Read(RoomReference.User(user) ?? user);
        return UserId.IsUser(user) && text.Length > 0
            ? Checked(new Whisper(user, text), limits)
            : Wrong("/msg bob text", user.Length > 0 && text.Length > 0 ? UserId.Rule : "the name or the text is missing");
    }

    private static TextCommand ReadLast(string rest, ProtocolLimits limits)
    {
        if (rest.Length == 0)
        {
            return new Last(Math.Min(TextHelp.DefaultLast, limits.HistoryEvents));
        }

        return int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? new Last(Math.Min(count, limits.HistoryEvents))
            : Wrong("/last 20", "the count must be a whole number from 1");
    }

    private static TextCommand Checked(TextCommand command, ProtocolLimits limits)
    {
        var text = command switch
        {
            Say say => say.Text,
            Me me => me.Text,
            Whisper whisper => whisper.Text,
            _ => throw new InvalidOperationException($"{command.GetType().Name} has no text."),
        };
        return MessageText.Check(text, limits) is { } failure ? new Mistyped(failure.Code, failure.Message) : command;
    }

    private static Mistyped Wrong(string usage, string why) => new(ChatErrorCode.BadRequest, $"usage: {usage} ({why})");

    private static (string Word, string After) FirstWord(string text)
    {
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        return end < 0 ? (text, "") : (text[..end], text[end..].TrimStart());
    }
}
