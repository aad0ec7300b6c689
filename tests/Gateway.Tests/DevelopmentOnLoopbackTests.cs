using System.Net;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Access;
using OrleansChat.Gateway.Endpoint;

namespace OrleansChat.Gateway.Tests;

/// <summary>The addresses on which a gateway in development mode may listen.</summary>
public sealed class DevelopmentOnLoopbackTests
{
    [Theory]
    [InlineData("127.0.0.1", false, true)]
    [InlineData("127.8.9.1", false, true)]
    [InlineData("::1", false, true)]
    [InlineData("::ffff:127.0.0.1", false, true)]
    [InlineData("0.0.0.0", false, false)]
    [InlineData("::", false, false)]
    [InlineData("10.0.0.7", false, false)]
    [InlineData("0.0.0.0", true, true)]
    public void DevelopmentMode_WhenOthersCanReachTheAddress_NeedsASetting(string address, bool isAllowed, bool mayListen)
    {
        var rule = new DevelopmentOnLoopback(Options.Create(
            new IdentityOptions { Mode = IdentityMode.Development, AllowDevelopmentOnAnyAddress = isAllowed }));

        var refusal = rule.Refusal(new IPEndPoint(IPAddress.Parse(address), 8080));

        Assert.Equal(mayListen, refusal is null);
        Assert.True(mayListen || refusal!.Contains("Identity:AllowDevelopmentOnAnyAddress", StringComparison.Ordinal));
    }

    [Fact]
    public void TokenMode_WhenTheAddressIsAny_IsAllowed()
    {
        var rule = new DevelopmentOnLoopback(Options.Create(new IdentityOptions { Mode = IdentityMode.Tokens }));

        Assert.Null(rule.Refusal(new IPEndPoint(IPAddress.Any, 8080)));
    }
}
