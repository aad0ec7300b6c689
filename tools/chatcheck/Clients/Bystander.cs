namespace OrleansChat.ChatCheck.Clients;

/// <summary>
/// A client that is in its rooms and sends nothing. When its connection ends, the client stays disconnected for 13 to
/// 16 s. Presence may be wrong for only 10 s. So before the client returns, readers can check that it is not listed.
/// </summary>
/// <param name="comeBack">Cancelled when the client has to reconnect at once.</param>
internal sealed class Bystander(
    int user, IReadOnlyList<int> rooms, int firstGateway, Gateways gateways, Recorder recorder, int seed, CancellationToken comeBack)
    : Client(user, rooms, firstGateway, gateways, recorder, seed)
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
