namespace OrleansChat.Grains.Log;

/// <summary>A message log as the host sees it: opened once before use; disposal commits what was accepted, then closes.</summary>
internal interface IMessageStore : IMessageLog, IAsyncDisposable
{
    /// <summary>
    /// Makes or migrates what is needed and is then ready. Throws <see cref="LogUnavailableException"/> where the store cannot be
    /// reached and <see cref="LogSchemaException"/> where it is not a log this version can use.
    /// </summary>
    Task OpenAsync(CancellationToken cancellationToken);
}
