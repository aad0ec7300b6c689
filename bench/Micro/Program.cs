using BenchmarkDotNet.Running;
using OrleansChat.Micro;

// --filter '*' runs all benchmarks. --job dry only checks that they run. --job medium measures longer than the default,
// which is --job short.
var results = Path.Combine("bench", "results");
var summaries = BenchmarkSwitcher.FromAssembly(typeof(Shape).Assembly).Run(args, new MicroConfig(args));
return await Report.WriteAsync(results, summaries) ? 0 : 1;
