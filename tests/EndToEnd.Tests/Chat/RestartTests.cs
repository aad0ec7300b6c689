using OrleansChat.EndToEnd.Tests.LocalCluster;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>Every process of a cluster stops and starts again.</summary>
public sealed class RestartTests
{
    [Theory, InlineData("INT"), InlineData("KILL")]
    public async Task Cluster_WhenAllProcessesRestart_HasEveryMessage(string end)
    {
        var data = Directory.CreateTempSubdirectory("orleanschat-restart-");
        try
        {
            string epoch;
            long last;
            await using (var cluster = new Cluster(data.FullName))
            {
                await using var ann = await JsonClient.ConnectAsync(await cluster.UpAsync(), "ann");
                epoch = (string)(await ann.JoinAsync("lobby"))["epoch"]!;
                last = (long)(await Task.WhenAll(Enumerable.Range(1, 50).Select(n => ann.SendAsync("lobby", $"{n}", $"{n}"))))
                    .Max(ok => (long)ok["seq"]!);
                await cluster.EndAsync(end);
            }

            await using var again = new Cluster(data.FullName);
            await using var bob = await JsonClient.ConnectAsync(await again.UpAsync(), "bob", ("lobby", 10, epoch));
            var events = await bob.EventsAsync("lobby", last);
            Assert.Equal(Enumerable.Range(11, 40).Select(seq => (long)seq), events.Select(ev => (long)ev["seq"]!));

            await using var back = await JsonClient.ConnectAsync(again.Port, "ann");
            await back.JoinAsync("lobby");
            var repeated = await back.SendAsync("lobby", "50", "50");
            Assert.True((bool?)repeated["dup"]);
            Assert.Equal(last + 1, (long)(await back.SendAsync("lobby", "51", "51"))["seq"]!);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    /// <summary>A cluster that keeps its data when its processes end.</summary>
    private sealed class Cluster(string data) : IAsyncDisposable
    {
        private ProcessGroup? _group;

        public int Port { get; } = RunningLocalCluster.FreePorts(1);

        public async Task<int> UpAsync()
        {
            _group = ProcessGroup.Start(Built.LocalCluster, ["--gateways", "1", "--port", $"{Port}", "--data", data], RunningLocalCluster.AsEnvironment(RunningLocalCluster.Patient));
            await _group.LineAsync("Ctrl-C stops everything.", RunningLocalCluster.StartLimit);
            return Port;
        }

        public async Task EndAsync(string signal)
        {
            await _group!.SignalAllAsync(signal);
            await _group.EmptyAsync(TimeSpan.FromSeconds(20));
        }

        public ValueTask DisposeAsync() => _group?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
