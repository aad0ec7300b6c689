using OrleansChat.Gateway.Frames;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Sessions;

/// <summary>
/// The commands <c>block</c>, <c>unblock</c> and <c>blocks</c>. A session handles them as questions, like
/// <c>history</c>.
/// </summary>
internal sealed partial class Session
{
    /// <summary>Maximum bytes of a user's blocks. One user id has at most 128 characters of four bytes.</summary>
    private const int BlocksBytes = Bounds.BlockedUsers * 520;

    private ValueTask AskBlocksAsync(ClientCommand command) => command switch
    {
        Block block => AskAsync(block.Id, 0, () => BlockAsync(block.Id, block.User, isOn: true)),
        Unblock unblock => AskAsync(unblock.Id, 0, () => BlockAsync(unblock.Id, unblock.User, isOn: false)),
        Blocks => AskAsync(command.Id, BlocksBytes, () => BlocksAsync(command.Id)),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command, "the command is not about blocks"),
    };

    private async Task BlockAsync(string? commandId, string blocked, bool isOn)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerSetting);
        if (isOn && blocked == user)
        {
            Answer(new Err(commandId, ChatErrorCode.BadRequest, "user is you; you cannot block yourself", null));
            return;
        }

        Answer(FrameMapping.Blocked(commandId, await services.History.BlockAsync(new(user, blocked, isOn), connection.Gone)));
    }

    private async Task BlocksAsync(string? commandId)
    {
        services.Users.Charge(user, BudgetKind.Commands, CommandsPerSetting);
        Answer(FrameMapping.Blocks(commandId, await services.History.BlocksAsync(user, connection.Gone)));
    }
}
