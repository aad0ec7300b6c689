using System.CommandLine;
using OrleansChat.Load;

var results = new Option<string>("--results") { Description = "the directory for the dated report", DefaultValueFactory = _ => "bench/results" };
var runs = new Option<int>("--runs") { Description = "runs of each setting, interleaved; the median is reported", DefaultValueFactory = _ => 5 };

var root = new RootCommand("Measures OrleansChat over real sockets, and checks every delivery.") { Latency(), Slow(), Storm() };
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

static Option<int> Number(string name, int usual, string description) => new(name) { Description = description, DefaultValueFactory = _ => usual };
