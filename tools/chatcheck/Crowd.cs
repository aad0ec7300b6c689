using OrleansChat.ChatCheck.Clients;

namespace OrleansChat.ChatCheck;

/// <summary>All clients of a run, each with its rooms and the gateway that it connects to first.</summary>
internal sealed class Crowd
{
    private const int RoomsOfAWriter = 3;
    private const int RoomsOfAReader = 5;
    private const int FollowedRoomsOfAReader = 4;
    private const int BystandersOfAGateway = 2;

    /// <summary>Maximum number of rooms that one writer creates. The default limit of a user is 20 rooms.</summary>
    private const int MaxCreatedRooms = 16;

    private readonly List<Task> _listening = [];

    /// <param name="comeBack">Cancelled when the bystanders that are disconnected have to reconnect at once.</param>
    public Crowd(CheckOptions options, Gateways gateways, Recorder recorder, CancellationToken comeBack)
    {
        var random = new Random(options.Seed);
        var pacer = new Pacer(options.Rate, recorder.Clock);
        var quiet = Math.Max(1, options.Rooms / 4);
        var busy = options.Rooms - quiet;
        Followed = [.. Enumerable.Range(options.Rooms, options.Followed)];

        // Writers share the busy rooms. Each quiet room has its own writer, which sends only every 7 to 9 s. If the
        // gateway stream loses an event of a quiet room, the next event would show the loss too late: the default limit
        // of --late is 6 s. So these rooms check that a gateway also notices a loss without a later event.
        Writers =
        [
            .. Enumerable.Range(0, options.Writers).Select(at => new Writer(
                recorder.AddUser($"writer{at}"), [.. Some(at, busy, RoomsOfAWriter)], at, gateways, recorder, pacer, quiet: false, random.Next())),
            .. Enumerable.Range(0, quiet).Select(at => new Writer(
                recorder.AddUser($"quiet{at}"), [busy + at], at, gateways, recorder, pacer, quiet: true, random.Next())),
            .. Followed.Chunk(MaxCreatedRooms).Select((rooms, at) => new Writer(
                recorder.AddUser($"followed{at}"), rooms, at, gateways, recorder, pacer, quiet: true, random.Next())),
        ];
        Readers =
        [
            .. Enumerable.Range(0, options.Readers).Select(at => new Reader(
                recorder.AddUser($"reader{at}"), [.. Some(at, busy, RoomsOfAReader), .. Some(at, quiet, 2).Select(room => busy + room), .. Some(at, options.Followed, FollowedRoomsOfAReader).Select(room => options.Rooms + room)], at, gateways, recorder, random.Next())),
        ];
        Bystanders =
        [
            .. Enumerable.Range(0, BystandersOfAGateway * gateways.Addresses.Count).Select(at => new Bystander(
                recorder.AddUser($"bystander{at}"), [.. Some(at, busy, 1)], at, gateways, recorder, random.Next(), comeBack)),
        ];
    }

    /// <summary>
    /// The numbers of the channels that all writers and readers follow. They make the lists of conversations long. Few
    /// clients are in these channels, and few messages are sent to them.
    /// </summary>
    public IReadOnlyList<int> Followed { get; }

    public IReadOnlyList<Writer> Writers { get; }

    public IReadOnlyList<Reader> Readers { get; }

    /// <summary>Clients that do not reconnect at once when their connection ends.</summary>
    public IReadOnlyList<Bystander> Bystanders { get; }

    public IReadOnlyList<Client> All => field ??= [.. Writers, .. Readers, .. Bystanders];

    /// <summary>The clients that ask for their list of conversations.</summary>
    public IEnumerable<Client> ListAskers => [.. Writers, .. Readers];

    /// <summary>
    /// Connects all clients, and completes when every client is in all its rooms; fails if a client fails. Until
    /// <paramref name="stop"/> is cancelled, a client whose connection ends connects again. The writers come first, so
    /// that a writer becomes the owner of each group, and may mention everyone.
    /// </summary>
    public async Task ComeAsync(CancellationToken stop)
    {
        _listening.AddRange(Writers.Select(client => client.ListenAsync(stop)));
        await EnteredAsync(Writers);
        _listening.AddRange(All.Except(Writers).Select(client => client.ListenAsync(stop)));
        await EnteredAsync();
    }

    /// <summary>Completes when every client is in all its rooms; fails if a client fails.</summary>
    public Task EnteredAsync() => EnteredAsync(All);

    /// <summary>The user that is in a room; if several are, one after another.</summary>
    /// <param name="turn">Selects the user.</param>
    public int MemberOf(int room, int turn)
    {
        var members = ListAskers.Where(client => client.Views.Any(view => view.Room == room)).ToArray();
        return members[turn % members.Length].User;
    }

    /// <summary>Completes when all clients have disconnected; fails if a client fails.</summary>
    public Task GoneAsync() => Task.WhenAll(_listening);

    private async Task EnteredAsync(IEnumerable<Client> clients)
    {
        var entered = Task.WhenAll(clients.SelectMany(client => client.Views).Select(view => view.Entered));
        await await Task.WhenAny([entered, .. _listening]);
    }

    private static IEnumerable<int> Some(int first, int of, int most) => Enumerable.Range(first, Math.Min(most, of)).Select(room => room % of);
}
