using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>The size of a user's budget, across all gateways.</summary>
/// <param name="PerSecond">Units earned per second; 0 for no limit.</param>
/// <param name="Burst">Maximum number of units that can be saved up.</param>
internal readonly record struct BudgetTerms(BudgetKind Kind, int PerSecond, int Burst);
