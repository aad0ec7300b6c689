namespace OrleansChat.Micro;

/// <summary>How much one operation of a benchmark does.</summary>
/// <param name="Items">So many pieces, each of which a user would count: events, deliveries, entries.</param>
/// <param name="Text">How it is called in the table.</param>
public readonly record struct Shape(int Items, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Text;
}
