using System.CommandLine;
using OrleansChat.Load;
using OrleansChat.Load.Growing;
using OrleansChat.Load.Peers;
using OrleansChat.Load.Scenarios;
using OrleansChat.Postgres;

var results = new Option<string>("--results")
{
    Description = "directory for the dated report",
    DefaultValueFactory = _ => "bench/results"
};
var runs = new Option<int>("--runs")
{
    Description = "how many times each measurement runs; the report has the medians",
    DefaultValueFactory = _ => 5
};

var root = new RootCommand(
    "Measures OrleansChat over real sockets and checks every delivery. Each command prints a report and writes it to --results.")
{
    Latency(), Slow(), Storm(), Growing(), Attacks()
};
foreach (var (name, description) in (ReadOnlySpan<(string, string)>)
[
    ("P1", "Fan-out: one room of 200 and one of 1,000 members at full speed, and one of 200 at 50,000 deliveries/s"),
    ("P2", "Latency: a room of 10 members at 100 messages/s"),
    ("P3", "Many rooms: 200 rooms of 5 members"),
    ("P4", "Memory of idle connections"),
    ("all", "P1 to P4"),
])
{
    root.Add(Compared(name, description));
}

return await root.Parse(args).InvokeAsync();

Command Latency()
{
    var seconds = Number("--seconds", 8, "measured seconds of each run, after 10 s of warm-up");
    var members = Number("--members", 10, "members of the room; each receives every message");
    var rate = Number("--rate", 100, "messages per second, from one sender");
    var latency = new Command(
        "latency", "Measures the time from a client's send to every member's receipt, with one gateway and one silo.")
    {
        runs, seconds, members, rate, results,
    };
    latency.SetAction((given, cancellation) => LatencyBenchmark.RunAsync(
        new(given.GetValue(runs), given.GetValue(seconds), given.GetValue(members), given.GetValue(rate), given.GetValue(results)!), cancellation));
    return latency;
}

Command Slow()
{
    var seconds = Number("--seconds", 120, "measured seconds of each run, after 10 s of warm-up");
    var readers = Number("--readers", 200, "number of fast readers in the room");
    var rate = Number("--rate", 1000, "messages per second, from one sender");
    var bytes = Number("--slow-bytes", 1024, "bytes per second that the slow reader reads");
    var slow = new Command(
        "slow", "Measures what one slow reader costs the gateway (memory) and the other readers in its room (latency), and checks that the slow reader loses nothing.")
    {
        runs, seconds, readers, rate, bytes, results,
    };
    slow.SetAction((given, cancellation) => SlowReaderBenchmark.RunAsync(
        new(given.GetValue(runs), given.GetValue(seconds), given.GetValue(readers), given.GetValue(rate), given.GetValue(bytes), given.GetValue(results)!),
        cancellation));
    return slow;
}

Command Storm()
{
    var connections = Number("--connections", 5000, "number of connections of the gateway that is killed");
    var rooms = Number(
        "--rooms", 100,
        "number of rooms. Each connection is in one room. In each room, a member on the other gateway keeps sending");
    var rate = Number("--rate", 200, "messages per second in all rooms together");
    var storm = new Command(
        "storm", "Kills a gateway, so that its clients reconnect to the other gateway. Measures the time until all these clients have caught up, and the latency of live traffic meanwhile.")
    {
        runs, connections, rooms, rate, results,
    };
    storm.SetAction((given, cancellation) => StormBenchmark.RunAsync(
        new(given.GetValue(runs), given.GetValue(connections), given.GetValue(rooms), given.GetValue(rate), given.GetValue(results)!), cancellation));
    return storm;
}

Command Growing()
{
    var seconds = Number("--seconds", 8, "measured seconds at each point (each value of the growing quantity), after 2 s of the same load");
    var idle = Number("--idle", 4, "seconds without messages before each point; the CPU use in this time is subtracted");
    var serverWarmUp = Number("--server-warm-up", 12, "seconds of unmeasured load after a server's start");
    var rounds = Number("--runs", 3, "number of rounds over all points; the report has the medians");
    var store = new Option<string>("--store")
    {
        Description = "postgres (a server that is started for the run) or sqlite (then only with one silo)",
        DefaultValueFactory = _ => PrivatePostgres.IsInstalled ? "postgres" : "sqlite"
    };
    var axis = Text("--axis", "the quantity that grows: rooms, members, gateways or silos; all four if not given");
    axis.AcceptOnlyFromAmong("", "rooms", "members", "gateways", "silos");
    store.AcceptOnlyFromAmong("postgres", "sqlite");
    var growth = new Command(
        "growth", "Measures the CPU cost of a delivery and of a message while one quantity grows: rooms, members of a room, gateways or silos. Draws curves.")
    {
        rounds, seconds, idle, serverWarmUp, axis, store, results,
    };
    growth.SetAction((given, cancellation) => new Growth(new(
        given.GetValue(rounds), given.GetValue(seconds), given.GetValue(idle), given.GetValue(serverWarmUp), given.GetValue(axis)!,
        given.GetValue(store)!, given.GetValue(results)!))
        .RunAsync(cancellation));
    return growth;
}

Command Attacks()
{
    var seconds = Number("--seconds", 15, "measured seconds before each attack, and again during the attack");
    var attack = new Command("attack", "Measures what hostile clients cost another user of the same gateway, with the default limits.")
    {
        runs, seconds, results,
    };
    attack.SetAction((given, cancellation) =>
        new AttackBenchmark(new(given.GetValue(runs), given.GetValue(seconds), given.GetValue(results)!)).RunAsync(cancellation));
    return attack;
}

Command Compared(string name, string description)
{
    var seconds = Number("--seconds", 5, "measured seconds of each run");
    var warmUp = Number("--warm-up", 2, "seconds of the same load before the measured seconds");
    var serverWarmUp = Number(
        "--server-warm-up", 6,
        "unmeasured seconds of each kind of load, after a server's start");
    var connections = Number("--connections", 5000, "number of idle connections in P4");
    var url = Text("--peer-url", "the address of one more server to compare with, such as ws://127.0.0.1:8080/ws?user={user}");
    var start = Text(
        "--peer-start",
        "the command that starts the server of --peer-url for each round. {port} is replaced by a free port here and in --peer-url. Without this option, the server must already be running, and P4 is not measured for it");
    var join = Text("--peer-join", "the first frame to the server of --peer-url, with {user} and {room}");
    var joined = Text("--peer-joined", "a text that the answer to --peer-join contains");
    var message = Text("--peer-send", "the frame that sends a message, with {room}, {id} and {text}");
    var pids = new Option<int[]>("--peer-pid")
    {
        Description = "the process ids of the server of --peer-url, if it is already running",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => []
    };
    var skips = new Option<string[]>("--peer-skips")
    {
        Description = "the scenarios to skip for the server of --peer-url, such as P3",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => []
    };
    var command = new Command(name, $"{description}. Compares OrleansChat with a SignalR hub in the same run.")
    {
        runs, seconds, warmUp, serverWarmUp, connections, start, url, join, joined, message, pids, skips, results,
    };
    command.SetAction((given, cancellation) => new Comparison(new(
        name, name == "all" ? "" : name, given.GetValue(runs), given.GetValue(seconds), given.GetValue(warmUp), given.GetValue(serverWarmUp),
        given.GetValue(connections),
        given.GetValue(url) is { Length: > 0 } peer
            ? new PeerTemplate(
                given.GetValue(start)!, peer, given.GetValue(join)!, given.GetValue(joined)!, given.GetValue(message)!, given.GetValue(pids)!, given.GetValue(skips)!)
            : null,
        given.GetValue(results)!)).RunAsync(cancellation));
    return command;
}

static Option<string> Text(string name, string description) => new(name) { Description = description, DefaultValueFactory = _ => "" };

static Option<int> Number(string name, int usual, string description) => new(name) { Description = description, DefaultValueFactory = _ => usual };
