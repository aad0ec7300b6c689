using OrleansChat.Gateway.Access;
using OrleansChat.Protocol;

namespace OrleansChat.Gateway.Tests;

/// <summary>The credentials that the gateway accepts or refuses, over real HTTP.</summary>
public sealed class IdentityTests
{
    [Fact]
    public async Task Connect_WhenTheTokenIsMissing_Gets401()
    {
        await using var server = await GatewayServer.StartAsync(IdentityMode.Tokens);
        Assert.Equal(401, await server.RefusedAsync("/ws?user=ann"));
        Assert.Equal(401, await server.RefusedAsync("/ws"));
        Assert.Equal(401, await server.RefusedAsync("/ws", Subprotocols.Text));
        Assert.Equal(401, await server.RefusedAsync("/ws?user=ann", Subprotocols.Json));
    }

    [Fact]
    public async Task Hello_WhenTheTokenIsMissing_EndsWith4501()
    {
        await using var server = await GatewayServer.StartAsync(IdentityMode.Tokens);
        using var client = await server.ConnectAsync("/ws", Subprotocols.Json);

        await client.SendTextAsync("""{"t":"hello"}""");

        Assert.Contains("\"code\":\"unauthorized\"", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        Assert.Contains("\"t\":\"bye\"", await client.ReceiveLineAsync(), StringComparison.Ordinal);
        Assert.Equal(4501, (await client.ReceiveCloseAsync()).CloseCode);
    }

    [Theory]
    [InlineData(nameof(IdentityMode.Tokens))]
    [InlineData(nameof(IdentityMode.Development))]
    public async Task Token_WhenItCannotBeChecked_Gets401(string mode)
    {
        await using var server = await GatewayServer.StartAsync(Enum.Parse<IdentityMode>(mode));
        Assert.Equal(401, await server.RefusedAsync("/ws?user=ann", null, "Authorization: Bearer x"));
        Assert.Equal(401, await server.RefusedAsync("/ws?access_token=x"));
        Assert.Equal(401, await server.RefusedAsync("/ws", $"{Subprotocols.Json}, bearer.eA"));
    }

    [Theory]
    [InlineData("ann", "ann")]
    [InlineData("J%C3%BCrgen", "Jürgen")]
    [InlineData("%F0%9F%90%99", "🐙")]
    [InlineData("a%2Bb", "a+b")]
    [InlineData("ann@x.org", "ann@x.org")]
    [InlineData("a%3Ab", "a%3Ab")]
    public async Task User_WhenPercentEncodedInTheAddress_IsDecoded(string said, string user)
    {
        await using var server = await GatewayServer.StartAsync();
        using var client = await server.ConnectAsync($"/ws?user={said}");
        Assert.Equal($"* you are {user}, /help shows the commands", await client.ReceiveLineAsync());
    }

    [Theory]
    [InlineData("a%20b")]
    [InlineData("%40ann")]
    [InlineData("guest-1a2b3c4d")]
    [InlineData("al%E2%80%8Bice")]
    [InlineData("Ju%CC%88rgen")]
    [InlineData("%00")]
    public async Task User_WhenTheNameIsInvalid_Gets401(string said)
    {
        await using var server = await GatewayServer.StartAsync();
        Assert.Equal(401, await server.RefusedAsync($"/ws?user={said}"));
        Assert.Equal(401, await server.RefusedAsync($"/ws?user={said}", Subprotocols.Json));
    }

    [Fact]
    public async Task User_WhenTextModeHasNoName_IsANewGuest()
    {
        await using var server = await GatewayServer.StartAsync();

        using var one = await server.ConnectAsync("/ws");
        using var other = await server.ConnectAsync("/ws");
        var (first, second) = (await one.ReceiveLineAsync(), await other.ReceiveLineAsync());

        Assert.StartsWith("* you are guest-", first, StringComparison.Ordinal);
        Assert.NotEqual(first, second);
    }
}
