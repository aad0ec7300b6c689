using System.Net;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Access;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>
/// Restricts development mode, which does not check who users are, to loopback addresses. The setting
/// <see cref="IdentityOptions.AllowDevelopmentOnAnyAddress"/> lifts the restriction.
/// </summary>
internal sealed class DevelopmentOnLoopback(IOptions<IdentityOptions> options) : IEndpointRule
{
    /// <inheritdoc/>
    public string? Refusal(EndPoint endpoint) =>
        options.Value is { Mode: IdentityMode.Development, AllowDevelopmentOnAnyAddress: false } && endpoint is IPEndPoint { Address: var address } && !IsLoopback(address)
            ? $"Identity:Mode is Development, which does not check who users are, and {endpoint} is not a loopback address. Set Identity:Mode to Tokens and configure Identity:Keys; "
                + $"or, if everybody on the network may act as any user, set Identity:{nameof(IdentityOptions.AllowDevelopmentOnAnyAddress)} to true"
            : null;

    private static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
