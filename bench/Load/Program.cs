using System.CommandLine;
using OrleansChat.Load;
using OrleansChat.Load.Growing;
using OrleansChat.Load.Peers;
using OrleansChat.Load.Scenarios;
using OrleansChat.Postgres;

var results = new Option<string>("--results") { Description = "the directory for the dated report", DefaultValueFactory = _ => "bench/results" };
var runs = new Option<int>("--runs") { Description = "runs of each setting, interleaved; the median is reported", DefaultValueFactory = _ => 5 };

var root = new RootCommand("Measures OrleansChat over real sockets, and checks every delivery.") { Latency(), Slow(), Storm(), Growing() };
foreach (var (name, description) in (ReadOnlySpan<(string, string)>)
[
    ("P1", "fan-out: one room of 200 and of 1,000, as fast as it goes, and at 50,000 deliveries a second"), ("P2", "latency: a room of ten at 100 messages a second"),
    ("P3", "many rooms: 200 of five"), ("P4", "memory: connections that say nothing"), ("all", "P1 to P4"),
])
{
    root.Add(Compared(name, description));
}

return await root.Parse(args).InvokeAsync();

Command Latency()
{
    var seconds = Number("--seconds", 8, "seconds that are measured in each run, after ten of warm-up");
    var members = Number("--members", 10, "members of the room, all of whom get every message");
    var rate = Number("--rate", 100, "messages a second, from one sender");
    var latency = new Command("latency", "From a client's send to every member's receipt, through one gateway and one silo, each a process.")
    {
        runs, seconds, members, rate, results,
    };
    latency.SetAction((given, cancellation) => LatencyBenchmark.RunAsync(
        new(given.GetValue(runs), given.GetValue(seconds), given.GetValue(members), given.GetValue(rate), given.GetValue(results)!), cancellation));
    return latency;
}

Command Slow()
{
    var seconds = Number("--seconds", 120, "seconds that are measured in each run, after ten of warm-up");
    var readers = Number("--readers", 200, "fast readers in the room");
    var rate = Number("--rate", 1000, "messages a second, from one sender");
    var bytes = Number("--slow-bytes", 1024, "bytes a second that the slow reader reads");
    var slow = new Command("slow", "What a reader at 1 KB/s costs the others in its room: gateway memory, the others' latency; and that it loses nothing.")
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
    var connections = Number("--connections", 5000, "connections of the gateway that is killed");
    var rooms = Number("--rooms", 100, "rooms they are in, one each; in each somebody on the other gateway talks on");
    var rate = Number("--rate", 200, "messages a second, in all rooms together");
    var storm = new Command("storm", "A gateway is killed and its connections come to the other one: until when all have caught up, and what live traffic feels.")
    {
        runs, connections, rooms, rate, results,
    };
    storm.SetAction((given, cancellation) => StormBenchmark.RunAsync(
        new(given.GetValue(runs), given.GetValue(connections), given.GetValue(rooms), given.GetValue(rate), given.GetValue(results)!), cancellation));
    return storm;
}

Command Growing()
{
    var seconds = Number("--seconds", 8, "seconds that are measured at each point, after two of the same");
    var idle = Number("--idle", 4, "seconds before them in which nobody sends, whose CPU is taken off");
    var serverWarmUp = Number("--server-warm-up", 12, "seconds of load after a server's start that are not measured");
    var rounds = Number("--runs", 3, "rounds over all points; the median is reported");
    var store = new Option<string>("--store") { Description = "postgres (one of the run's own) or sqlite, with which there is one silo", DefaultValueFactory = _ => PrivatePostgres.IsInstalled ? "postgres" : "sqlite" };
    var axis = Text("--axis", "one of rooms, members, gateways and silos; all four where it is missing");
    axis.AcceptOnlyFromAmong("", "rooms", "members", "gateways", "silos");
    store.AcceptOnlyFromAmong("postgres", "sqlite");
    var growth = new Command("growth", "What a delivery and a message cost as rooms, members, gateways and silos become more, one of them at a time; with curves.")
    {
        rounds, seconds, idle, serverWarmUp, axis, store, results,
    };
    growth.SetAction((given, cancellation) => new Growth(new(
        given.GetValue(rounds), given.GetValue(seconds), given.GetValue(idle), given.GetValue(serverWarmUp), given.GetValue(axis)!,
        given.GetValue(store)!, given.GetValue(results)!))
        .RunAsync(cancellation));
    return growth;
}

Command Compared(string name, string description)
{
    var seconds = Number("--seconds", 5, "seconds that are measured in each run");
    var warmUp = Number("--warm-up", 2, "seconds before them");
    var serverWarmUp = Number("--server-warm-up", 6, "seconds of each kind of load after a server's start that are not measured");
    var connections = Number("--connections", 5000, "idle connections");
    var url = Text("--peer-url", "a further server: ws://127.0.0.1:8080/ws?user={user}");
    var start = Text("--peer-start", "what starts it, with {port} in it and in the url, for each round; without it, it runs already, and P4 leaves it out");
    var join = Text("--peer-join", "what is said to it first, with {user} and {room}");
    var joined = Text("--peer-joined", "what its answer contains");
    var message = Text("--peer-send", "what is said to send, with {room}, {id} and {text}");
    var pids = new Option<int[]>("--peer-pid") { Description = "its processes, where it runs already", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
    var skips = new Option<string[]>("--peer-skips") { Description = "what it is not put through, such as P3", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
    var command = new Command(name, $"{description}; beside a SignalR hub in the same minutes.")
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
