namespace OrleansChat.ChatCheck.Clients;

/// <summary>Where clients connect, and as whom.</summary>
/// <param name="Names">What the gateways are called in the report.</param>
/// <param name="TokenOf">Makes a bearer token for a user; null where users say who they are in the address.</param>
internal sealed record Gateways(
    IReadOnlyList<Uri> Addresses, IReadOnlyList<string> Names, Func<string, CancellationToken, Task<string>>? TokenOf)
{
    /// <summary>Connects to one, by a connection of that number; null where that fails.</summary>
    public async Task<ChatSocket?> TryConnectAsync(int number, int gateway, string user, CancellationToken cancellationToken) =>
        await ChatSocket.TryConnectAsync(
            number, Addresses[gateway], user, TokenOf is null ? null : await TokenOf(user, cancellationToken), cancellationToken);
}
