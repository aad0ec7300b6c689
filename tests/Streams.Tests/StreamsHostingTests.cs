using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace OrleansChat.Streams.Tests;

public sealed class StreamsHostingTests
{
    private static IConfigurationSection Section(params (string Setting, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Streams:{setting.Setting}", (string?)setting.Value)))
        .Build().GetSection("Streams");

    [Theory]
    [InlineData("QueuesPerSilo", "0")]
    [InlineData("QueuesPerSilo", "257")]
    [InlineData("QueueCapacity", "0")]
    [InlineData("EnqueueTimeout", "-00:00:01")]
    [InlineData("EnqueueTimeout", "00:01:01")]
    [InlineData("EventsPerStream", "0")]
    [InlineData("MaxReadCount", "0")]
    [InlineData("IdleWait", "00:00:00")]
    [InlineData("MaxEventDeliveryTime", "00:00:00")]
    [InlineData("BatchSize", "0")]
    public async Task Start_WhenAnOptionIsOutOfItsRange_FailsAndNamesIt(string setting, string value)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering() // The host checks the options before it opens a port.
            .AddMemoryGrainStorage("PubSubStore")
            .AddChatStreams("inbox", Section((setting, value))));
        using var host = builder.Build();

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains($"'inbox': The field {setting} must be between", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WhenOneReadCouldOverrunAStream_Fails()
    {
        var result = new PushStreamOptionsValidator().Validate("inbox", new() { MaxReadCount = 101, EventsPerStream = 100 });

        Assert.True(result.Failed);
        Assert.Contains("MaxReadCount (101) must not exceed EventsPerStream (100)", result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kafka")]
    [InlineData("")]
    [InlineData("0")]
    public void Add_WhenTheProviderIsUnknown_FailsAndNamesTheSetting(string provider)
    {
        var section = Section(("Provider", provider));

        var onSilo = Assert.Throws<OptionsValidationException>(() =>
            Host.CreateApplicationBuilder().UseOrleans(silo => silo.AddChatStreams("inbox", section)));
        var onClient = Assert.Throws<OptionsValidationException>(() =>
            Host.CreateApplicationBuilder().UseOrleansClient(client => client.AddChatStreams("inbox", section)));

        Assert.Contains("Streams:Provider", onSilo.Message, StringComparison.Ordinal);
        Assert.Contains("Streams:Provider", onClient.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("push")]
    [InlineData("Memory")]
    public async Task Publish_WhenTheProviderIsChosenByConfiguration_ReachesTheSubscriber(string provider)
    {
        await using var cluster = await StreamsCluster.StartAsync(silos: 2, settings: new() { ["Provider"] = provider });
        await using var gateway = await cluster.ConnectAsync();
        var listener = await gateway.SubscribeAsync("any");
        var producer = await gateway.ProducerAsync("one");

        await producer.Publish("any", "one", 0, 100);
        await listener.UntilCountAsync(100);

        Assert.Equal(Enumerable.Range(0, 100), listener.Items.Select(item => item.Number));
    }

    [Fact]
    public async Task Publish_WhenCalledByAClient_IsRefused()
    {
        await using var cluster = await StreamsCluster.StartAsync();
        await using var gateway = await cluster.ConnectAsync();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => gateway.Stream("any").OnNextAsync(new Item("client", 0)));

        Assert.Contains("ReadOnly", refusal.Message, StringComparison.Ordinal);
    }
}
