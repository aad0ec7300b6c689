using OrleansChat.ChatCheck.Checks;

namespace OrleansChat.ChatCheck.Tests.Mutants;

/// <summary>Runs ChatCheck with silos whose log is faulty. ChatCheck must name the broken promise.</summary>
public sealed class SiloMutantTests
{
    [Fact]
    public Task ChatCheck_WhenASiloAnswersBeforeTheCommit_ReportsALostSend() =>
        MutantRun.CatchesAsync(AckCheck.Lost, 6, "--faults", "kill", "--every", "2", "--set", "silo/Faults:Log=AnswerBeforeCommit",
            "--set", "silo/Faults:DelayMs=1500");

    /// <summary>
    /// ChatCheck can find this fault only if a client repeats a send. At 900 sends per second, nearly every connection
    /// that is cut has a send in flight, and the client repeats this send.
    /// </summary>
    [Fact]
    public Task ChatCheck_WhenASiloForgetsClientIds_ReportsADoubledSend() =>
        MutantRun.CatchesAsync(AckCheck.Doubled, 6, "--faults", "cut", "--every", "1", "--rate", "900", "--set", "silo/Faults:Log=ForgetClientId");

    /// <summary>
    /// Two events get the same sequence. If a reader received the first event, the stream of that reader shows the
    /// fault. Otherwise the <c>ok</c> for the first event shows the fault.
    /// </summary>
    [Fact]
    public Task ChatCheck_WhenASiloReusesASequenceAfterACrash_ReportsIt() =>
        MutantRun.CatchesAsync([StreamCheck.Order, AckCheck.Lost, AckCheck.Moved], 6, "--faults", "kill", "--every", "2", "--set", "silo/Faults:Log=ReuseSequence");
}
