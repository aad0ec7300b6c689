using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Mutants;

/// <summary>Silos whose log breaks a promise: each is caught, and the broken promise named.</summary>
public sealed class SiloMutantTests
{
    [Fact]
    public Task Mutant_ThatAnswersBeforeTheCommit_IsCaughtByAKill() =>
        MutantRun.CatchesAsync(AckCheck.Lost, 6, "--faults", "kill", "--every", "2", "--set", "silo/Faults:Log=AnswerBeforeCommit",
            "--set", "silo/Faults:DelayMs=1500");

    /// <summary>At this rate nearly everybody who is cut has a send under way.</summary>
    [Fact]
    public Task Mutant_ThatForgetsClientIds_IsCaughtWhereASendIsRepeated() =>
        MutantRun.CatchesAsync(AckCheck.Doubled, 6, "--faults", "cut", "--every", "1", "--rate", "900", "--set", "silo/Faults:Log=ForgetClientId");

    /// <summary>Two events have had one sequence: whoever saw the first of them shows it, and else its sender, who had an ok.</summary>
    [Fact]
    public Task Mutant_ThatReusesASequenceAfterACrash_IsCaught() =>
        MutantRun.CatchesAsync([StreamCheck.Order, AckCheck.Lost, AckCheck.Moved], 6, "--faults", "kill", "--every", "2", "--set", "silo/Faults:Log=ReuseSequence");
}
