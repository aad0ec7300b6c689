using Xunit.Sdk;
using Xunit.v3;

// Each test starts silos. Parallel tests would disturb each other's measurements.
[assembly: Parallelization(Mode = ParallelMode.None)]
