using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Frames;

/// <summary>Makes the answers to the commands about reports of messages.</summary>
internal static partial class FrameMapping
{
    /// <summary>Makes the answer to a <c>report</c> or <c>dismiss</c> command.</summary>
    /// <param name="room">The user's name for the room.</param>
    public static ServerFrame Answer(string? id, string room, RoomReply reply) =>
        reply is Done ? new Ok(id, room, null, null, false, null) : ReportError(id, reply);

    /// <summary>Makes the answer to a <c>reports</c> command: a list of reports, or an error.</summary>
    public static ServerFrame Answer(Reports reports, ReportPage page) => page.Refusal is { } refused
        ? ReportError(reports.Id, refused)
        : new ReportList(
            reports.Id, reports.Room, [.. page.Reports.Select(one => new ReportEntry(one.Message, one.Author, one.User, one.Ts, one.Reason))], page.More);

    /// <summary>
    /// Makes the error for a refused command. If the refusal has no message, the user may not read the room, or the
    /// room cannot be reached. The answer is then the same error as for <c>history</c>.
    /// </summary>
    private static Err ReportError(string? id, RoomReply reply) =>
        reply is Refused { Message: "" } refused ? Error(id, refused.Reason) : Error(id, reply);
}
