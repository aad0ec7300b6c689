namespace OrleansChat.ChatCheck.Checks;

/// <summary>A broken promise.</summary>
/// <param name="Promise">The promise, in a few words.</param>
/// <param name="What">What happened, in a sentence.</param>
/// <param name="Lines">A few lines of the history that show the violation.</param>
internal sealed record Violation(string Promise, string What, params IReadOnlyList<string> Lines);
