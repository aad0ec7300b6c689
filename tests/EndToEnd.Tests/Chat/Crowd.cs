using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace OrleansChat.EndToEnd.Tests.Chat;

/// <summary>
/// The clients of several users, which send to the same rooms through all gateways while a test injects faults. At the
/// end, the crowd asserts that no acknowledged send is lost or doubled, and that every member received exactly the
/// events of the log.
/// </summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const int EachBetween = 8;
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly string[] _rooms;
    private readonly Connect _connect;
    private readonly CancellationTokenSource _enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private Task _talking = Task.CompletedTask;

    private Crowd(Member[] members, string[] rooms, Connect connect) => (Members, _rooms, _connect) = (members, rooms, connect);

    public Member[] Members { get; }

    /// <summary>The time of each send from its first attempt to its <c>ok</c>, in ascending order.</summary>
    public TimeSpan[] Waits => [.. Members.SelectMany(member => member.Waits).Order()];

    /// <summary>The codes of all <c>err</c> answers that had the field <c>retry</c>.</summary>
    public IEnumerable<string> Refusals => Members.SelectMany(member => member.Refusals);

    /// <summary>
    /// Connects all members, starts their sends, and waits until each member has <see cref="EachBetween"/> answers.
    /// </summary>
    /// <param name="patience">
    /// How long a member waits for an answer before it tries another gateway. By default, a member waits longer than
    /// any running gateway needs for an answer.
    /// </param>
    public static async Task<Crowd> GatherAsync(int count, string prefix, string[] rooms, int[] gateways, Connect connect, TimeSpan? patience = null)
    {
        var members = Enumerable.Range(0, count).Select(number => new Member($"{prefix}-{number}", rooms, gateways, number, connect, patience ?? Patience)).ToArray();
        var crowd = new Crowd(members, rooms, connect);
        try
        {
            await Task.WhenAll(members.Select(member => member.EnterAsync()));
            crowd._talking = Task.WhenAll(members.Select(member => member.TalkAsync(crowd._enough.Token)));
            await crowd.TalkedAsync();
            return crowd;
        }
        catch
        {
            await crowd.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every member has received <see cref="EachBetween"/> more answers.</summary>
    public async Task TalkedAsync()
    {
        var began = Stopwatch.GetTimestamp();
        var before = Members.Select(member => member.Answered.Count).ToArray();
        while (Members.Index().Any(member => member.Item.Answered.Count < before[member.Index] + EachBetween))
        {
            Assert.True(
                Stopwatch.GetElapsedTime(began) < MaxWait,
                $"Each member must get {EachBetween} more answers within {MaxWait.TotalSeconds} s. Before the wait, the members had {string.Join(", ", before)} answers. Now they have {string.Join(", ", Members.Select(member => member.Answered.Count))}.");
            if (await Task.WhenAny(_talking, Task.Delay(50, TestContext.Current.CancellationToken)) == _talking)
            {
                await _talking;
            }
        }
    }

    /// <summary>
    /// Stops all sends. Then asserts that the log contains exactly the acknowledged sends, each once and with the
    /// sequence from its <c>ok</c>. Also asserts that every member received exactly the events of the log.
    /// </summary>
    public async Task AssertNothingIsLostAsync(int gateway)
    {
        await _enough.CancelAsync();
        await _talking;
        Report();
        var answered = Members.SelectMany(member => member.Answered).ToDictionary();
        await using var reader = await _connect(gateway, "reader");
        foreach (var room in _rooms)
        {
            var log = await LogAsync(reader, room);
            Assert.Equal(Enumerable.Range(1, log.Count), log.Select(ev => (int)ev["seq"]!));
            Assert.Equal(
                answered.Where(message => message.Key.Room == room).Select(message => (message.Value, message.Key.Text)).Order(),
                log.Select(ev => ((long)ev["seq"]!, (string)ev["text"]!)));
            foreach (var member in Members)
            {
                var seen = await member.SeenAsync(room, log.Count);
                Assert.Equal(log.Select(Told), seen.Select(Told));
            }
        }

        static string Told(JsonObject ev) => $"{ev["seq"]} {ev["from"]}: {ev["text"]}";
    }

    public async ValueTask DisposeAsync()
    {
        await _enough.CancelAsync();
        await _talking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var member in Members)
        {
            await member.DisposeAsync();
        }

        _enough.Dispose();
    }

    private void Report()
    {
        var waits = Waits;
        var late = Members.SelectMany(member => member.Lateness).Order().ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{waits.Length} sends, p50 {waits[waits.Length / 2].TotalMilliseconds:0} ms, p99 {waits[waits.Length * 99 / 100].TotalMilliseconds:0} ms, longest {waits[^1].TotalMilliseconds:0} ms; {late.Length} events on the current connections, delay p50 {late[late.Length / 2]} ms, p99 {late[late.Length * 99 / 100]} ms, longest {late[^1]} ms; refused sends: {string.Join(", ", Refusals.CountBy(code => code))}"));
    }

    private static async Task<List<JsonObject>> LogAsync(JsonClient reader, string room)
    {
        var log = new List<JsonObject>();
        JsonObject page;
        do
        {
            var ask = reader.Command("history");
            ask["room"] = room;
            ask["after"] = log.Count == 0 ? 0 : (long)log[^1]["seq"]!;
            page = await reader.AskAsync(ask, "page");
            log.AddRange(page["events"]!.AsArray().Select(ev => ev!.AsObject()));
        }
        while ((bool?)page["more"] == true);

        return log;
    }
}
