namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The answers for a room that is not in the log. Nothing is stored or kept in memory for such a room. A direct room is
/// created by its first message, so before that it can be entered and left like an empty room.
/// </summary>
public static class UncreatedRoom
{
    /// <summary>
    /// The epoch of a direct room before its first message. A cursor with this epoch is valid for any later epoch.
    /// </summary>
    public const string Epoch = "0";

    private static readonly Refused NotFound = new(Refusal.NotFound, "there is no such room");

    /// <summary>
    /// Returns the answer to a command that creates nothing. Returns null if the command might create the room: then
    /// the room's grain must decide. The caller has checked that the user belongs to a direct room.
    /// </summary>
    public static RoomReply? Answer(string room, RoomCommand command) => (command, RoomKey.IsDirect(room)) switch
    {
        (Enter { Require: not (null or RoomKind.Direct) }, true) => new Refused(Refusal.Conflict, "the room is of another kind"),
        (Enter, true) => new Entered(RoomKind.Direct, Epoch, 0, 0, 0, 0, 0),
        (Enter { AsMember: true } or Enter { Create: null }, false) => NotFound,
        (MarkRead, false) => NotFound,
        (MarkRead, true) or (Exit, _) => new Done(),
        _ => null,
    };

    /// <summary>
    /// Returns the answers to commands of one call. Returns null if one of them might create the room.
    /// </summary>
    public static RoomReply[]? Answer(string room, RoomCommand[] commands)
    {
        var answers = new RoomReply[commands.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            if (Answer(room, commands[i]) is not { } answer)
            {
                return null;
            }

            answers[i] = answer;
        }

        return answers;
    }
}
