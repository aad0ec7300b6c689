using OrleansChat.ChatCheck.Clients;

namespace OrleansChat.ChatCheck;

/// <summary>All clients of a run, each with its rooms and the gateway that it connects to first.</summary>
internal sealed class Crowd
{
    private const int RoomsOfAWriter = 3;
    private const int RoomsOfAReader = 5;
    private const int BystandersOfAGateway = 2;

    private readonly List<Task> _listening = [];

    /// <param name="comeBack">Cancelled when the bystanders that are disconnected have to reconnect at once.</param>
    public Crowd(CheckOptions options, Gateways gateways, Recorder recorder, CancellationToken comeBack)
    {
        var random = new Random(options.Seed);
        var pacer = new Pacer(options.Rate, recorder.Clock);
        var quiet = Math.Max(1, options.Rooms / 4);
        var busy = options.Rooms - quiet;

        // Writers share the busy rooms. Each quiet room has its own writer, which sends only every 7 to 9 s. If the
        // gateway stream loses an event of a quiet room, the next event would show the loss too late: the default limit
        // of --late is 6 s. So these rooms check that a gateway also notices a loss without a later event.
        Writers =
        [
            .. Enumerable.Range(0, options.Writers).Select(at => new Writer(
                $"writer{at}", [.. Some(at, busy, RoomsOfAWriter)], at, gateways, recorder, pacer, quiet: false, random.Next())),
            .. Enumerable.Range(0, quiet).Select(at => new Writer(
                $"quiet{at}", [busy + at], at, gateways, recorder, pacer, quiet: true, random.Next())),
        ];
        Readers =
        [
            .. Enumerable.Range(0, options.Readers).Select(at => new Reader(
                $"reader{at}", [.. Some(at, busy, RoomsOfAReader), .. Some(at, quiet, 2).Select(room => busy + room)], at, gateways, recorder, random.Next())),
        ];
        Bystanders =
        [
            .. Enumerable.Range(0, BystandersOfAGateway * gateways.Addresses.Count).Select(at => new Bystander(
                $"bystander{at}", [.. Some(at, busy, 1)], at, gateways, recorder, random.Next(), comeBack)),
        ];
    }

    public IReadOnlyList<Writer> Writers { get; }

    public IReadOnlyList<Reader> Readers { get; }

    /// <summary>Clients that do not reconnect at once when their connection ends.</summary>
    public IReadOnlyList<Bystander> Bystanders { get; }

    public IReadOnlyList<Client> All => field ??= [.. Writers, .. Readers, .. Bystanders];

    /// <summary>
    /// Connects all clients. Until <paramref name="stop"/> is cancelled, a client whose connection ends connects again.
    /// </summary>
    public void Come(CancellationToken stop) => _listening.AddRange(All.Select(client => client.ListenAsync(stop)));

    /// <summary>Completes when every client is in all its rooms; fails if a client fails.</summary>
    public async Task EnteredAsync()
    {
        var entered = Task.WhenAll(All.SelectMany(client => client.Views).Select(view => view.Entered));
        await await Task.WhenAny([entered, .. _listening]);
    }

    /// <summary>Completes when all clients have disconnected; fails if a client fails.</summary>
    public Task GoneAsync() => Task.WhenAll(_listening);

    private static IEnumerable<int> Some(int first, int of, int most) => Enumerable.Range(first, Math.Min(most, of)).Select(room => room % of);
}
