using System.CommandLine;
using OrleansChat.Load;

var runs = new Option<int>("--runs") { Description = "runs of each setting, interleaved; the median is reported", DefaultValueFactory = _ => 5 };
var seconds = new Option<int>("--seconds") { Description = "seconds that are measured in each run, after ten of warm-up", DefaultValueFactory = _ => 8 };
var members = new Option<int>("--members") { Description = "members of the room, all of whom get every message", DefaultValueFactory = _ => 10 };
var rate = new Option<int>("--rate") { Description = "messages a second, from one sender", DefaultValueFactory = _ => 100 };
var results = new Option<string>("--results") { Description = "the directory for the dated report", DefaultValueFactory = _ => "bench/results" };

var latency = new Command("latency", "From a client's send to every member's receipt, through one gateway and one silo, each a process.")
{
    runs, seconds, members, rate, results,
};
latency.SetAction((given, cancellation) => LatencyBenchmark.RunAsync(
    new(given.GetValue(runs), given.GetValue(seconds), given.GetValue(members), given.GetValue(rate), given.GetValue(results)!), cancellation));

return await new RootCommand("Measures OrleansChat over real sockets, and checks every delivery.") { latency }.Parse(args).InvokeAsync();
