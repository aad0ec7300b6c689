using Xunit.Sdk;
using Xunit.v3;

// Most tests start silos. Parallel tests would disturb each other's measurements.
[assembly: Parallelization(Mode = ParallelMode.None)]
