using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;
using OrleansChat.Micro;

// --filter '*' runs all of them; --job dry shows that they run, --job medium measures for longer than the short one.
var results = Path.Combine("bench", "results");
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Shape).Assembly).Run(args, new MicroConfig(args));
return await Report.WriteAsync(results, summaries) ? 0 : 1;
