using System.Net;

namespace OrleansChat.Gateway.Endpoint;

/// <summary>A rule that can forbid the gateway to listen on an endpoint.</summary>
internal interface IEndpointRule
{
    /// <summary>
    /// Returns why this endpoint is refused, as a sentence that names the setting to change. Returns null if the
    /// endpoint is allowed.
    /// </summary>
    string? Refusal(EndPoint endpoint);
}
