namespace OrleansChat.Micro;

/// <summary>How much one operation of a benchmark does.</summary>
/// <param name="Items">The number of events, deliveries or entries in one operation.</param>
/// <param name="Text">The name in the table. Some benchmarks also read their parameters from it.</param>
public readonly record struct Shape(int Items, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}
