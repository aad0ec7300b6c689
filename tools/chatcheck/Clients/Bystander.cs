namespace OrleansChat.ChatCheck.Clients;

/// <summary>Is there, and when its connection ends stays away for longer than presence may be wrong: so that others can see that it is gone.</summary>
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
