using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Mutants;

/// <summary>
/// Runs ChatCheck with silos whose counts and lists of conversations are faulty, while their logs are right. ChatCheck
/// must name the broken promise.
/// </summary>
public sealed class CountMutantTests
{
    [Theory]
    [InlineData("OwnMessages", CountCheck.List)]
    [InlineData("DeletedMessages", CountCheck.List)]
    [InlineData("ForgetEveryone", CountCheck.List)]
    [InlineData("OldCounts", CountCheck.List)]
    [InlineData("OldList", ListCheck.Stale)]
    [InlineData("ForgetChange", ListCheck.Stale)]
    [InlineData("ForgetRemoval", ListCheck.Rooms)]
    [InlineData("DeletedReplies", ReplyCheck.Replies)]
    [InlineData("OwnMessagesInJoined", CountCheck.Joined)]
    public Task ChatCheck_WhenASiloMiscounts_ReportsIt(string fault, string promise) => MutantRun.CatchesAsync(
        promise, 5, "--faults", fault is "OwnMessagesInJoined" ? "cut" : "none", "--every", "1", "--lists", "20", "--set", $"silo/Faults:Counts={fault}");
}
