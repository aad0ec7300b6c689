namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// A client that is only present. When its connection ends it stays away for 13 to 16 s, longer than presence may be
/// wrong, so that others can check that it is no longer listed.
/// </summary>
/// <param name="comeBack">Cancelled when it has to come back at once.</param>
internal sealed class Bystander(
    string kind, IReadOnlyList<int> rooms, int firstGateway, Gateways gateways, Recorder recorder, int seed, CancellationToken comeBack)
    : Client(kind, rooms, firstGateway, gateways, recorder, seed)
{
    /// <inheritdoc/>
    protected override async Task PauseAsync(bool wasConnected, CancellationToken stop)
    {
        if (!wasConnected)
        {
            await base.PauseAsync(wasConnected, stop);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(comeBack, stop);
        await Task.Delay(TimeSpan.FromSeconds(13 + (3 * Random.NextDouble())), Clock.Time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();
    }
}
