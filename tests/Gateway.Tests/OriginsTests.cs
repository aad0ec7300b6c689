namespace OrleansChat.Gateway.Tests;

/// <summary>Which pages may open connections, over real HTTP.</summary>
public sealed class OriginsTests
{
    [Fact]
    public async Task NoOrigin_AndTheOwnHost_AreAllowed()
    {
        await using var server = await GatewayServer.StartAsync();
        using var none = await server.ConnectAsync("/ws");
        using var own = await server.ConnectAsync("/ws", null, $"Origin: http://{server.Authority}");
        using var secure = await server.ConnectAsync("/ws", null, $"Origin: https://{server.Authority}");
    }

    [Theory]
    [InlineData("https://elsewhere.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1:1.evil.example")]
    public async Task AnotherOrigin_Is403(string origin)
    {
        await using var server = await GatewayServer.StartAsync();
        Assert.Equal(403, await server.RefusedAsync("/ws", null, $"Origin: {origin}"));
    }

    [Fact]
    public async Task AHostThatOnlyBeginsLikeTheOwn_Is403()
    {
        await using var server = await GatewayServer.StartAsync();
        Assert.Equal(403, await server.RefusedAsync("/ws", null, $"Origin: http://{server.Authority}.evil.example"));
        Assert.Equal(403, await server.RefusedAsync("/ws", null, $"Origin: http://{server.Authority}@evil.example"));
    }

    [Fact]
    public async Task AnAllowedOrigin_IsAllowed_AndStarAllowsAll()
    {
        await using var strict = await GatewayServer.StartAsync(origins: ["https://chat.example.org"]);
        using var allowed = await strict.ConnectAsync("/ws", null, "Origin: https://chat.example.org");
        Assert.Equal(403, await strict.RefusedAsync("/ws", null, "Origin: http://chat.example.org"));
        await using var open = await GatewayServer.StartAsync(origins: ["*"]);
        using var any = await open.ConnectAsync("/ws", null, "Origin: https://elsewhere.example");
    }
}
