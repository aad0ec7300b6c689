namespace OrleansChat.ChatCheck.Checks;

/// <summary>A broken promise.</summary>
/// <param name="Promise">The promise, in a few words.</param>
/// <param name="What">What happened, in a sentence.</param>
/// <param name="Lines">The few lines of history that show it.</param>
internal sealed record Violation(string Promise, string What, params IReadOnlyList<string> Lines);
