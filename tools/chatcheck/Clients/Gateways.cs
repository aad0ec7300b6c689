namespace OrleansChat.ChatCheck.Clients;

/// <summary>The gateways that clients connect to, and how clients identify themselves.</summary>
/// <param name="Names">The gateways' names in the report.</param>
/// <param name="TokenOf">Makes a bearer token for a user; null to identify users by <c>?user=</c>.</param>
internal sealed record Gateways(
    IReadOnlyList<Uri> Addresses, IReadOnlyList<string> Names, Func<string, CancellationToken, Task<string>>? TokenOf)
{
    /// <summary>Connects to a gateway. Returns null if that fails.</summary>
    /// <param name="number">The connection's number in the run.</param>
    /// <param name="gateway">The gateway's index in <see cref="Addresses"/>.</param>
    public async Task<ChatSocket?> TryConnectAsync(int number, int gateway, string user, CancellationToken cancellationToken) =>
        await ChatSocket.TryConnectAsync(
            number, Addresses[gateway], user, TokenOf is null ? null : await TokenOf(user, cancellationToken), cancellationToken);
}
