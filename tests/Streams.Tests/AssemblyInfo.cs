// Each test starts silos; side by side they would measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
