namespace OrleansChat.Grains.Interfaces;

/// <summary>
/// The answers to commands for a room that is not in the log. Nothing is stored or kept in memory for such a room. A
/// direct room is created by its first message. Before this message, its users can enter and leave the direct room as
/// if it existed and were empty.
/// </summary>
public static class UncreatedRoom
{
    /// <summary>
    /// The epoch of a direct room before its first message. A cursor with this epoch stays valid when the room is
    /// created and gets another epoch.
    /// </summary>
    public const string Epoch = "0";

    /// <summary>
    /// The refusal of a command to a room that does not exist. Outsiders of a group whose name the server chose get the
    /// same refusal.
    /// </summary>
    public static readonly Refused NotFound = new(Refusal.NotFound, "there is no such room");

    /// <summary>
    /// Returns the answer to a command that does not create the room. If the command might create the room, returns
    /// null: the room's grain must then decide. If the room is direct, the caller must have checked that the user is
    /// one of its users.
    /// </summary>
    public static RoomReply? Answer(string room, RoomCommand command) => (command, RoomKey.IsDirect(room)) switch
    {
        (Enter { Require: not (null or RoomKind.Direct) }, true) => new Refused(Refusal.Conflict, "the room is of another kind"),
        (Enter, true) => new Entered(RoomKind.Direct, Epoch, 0, 0, 0, 0, 0),
        (Enter { AsMember: true } or Enter { Create: null }, false) => NotFound,
        (Enter { Create: not RoomKind.Group }, false) when RoomKey.IsPrivate(room) => NotFound,
        (MarkRead, false) => NotFound,
        (Exit { Declines: true }, _) => NotFound,
        (MarkRead, true) or (Exit, _) => new Done(),
        _ => null,
    };

    /// <summary>Returns the answers to all commands of one call; null if a command might create the room.</summary>
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
