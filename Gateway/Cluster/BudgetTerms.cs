using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Gateway.Cluster;

/// <summary>The rate and the maximum of one budget of a user. All gateways share the budget.</summary>
/// <param name="PerSecond">Units that the budget earns per second; 0 for no limit.</param>
/// <param name="Burst">Maximum number of units that the budget can save up.</param>
internal readonly record struct BudgetTerms(BudgetKind Kind, int PerSecond, int Burst);
