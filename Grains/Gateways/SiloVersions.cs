using System.Globalization;
using Orleans.Runtime.MembershipService.SiloMetadata;
using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Gateways;

/// <summary>
/// The highest <see cref="LogVersion"/> that each silo knows. Each silo announces its version in Orleans' silo
/// metadata.
/// </summary>
internal sealed class SiloVersions(IClusterMembershipService cluster, ISiloMetadataCache metadata)
{
    /// <summary>The metadata key. Old and new silos read each other's metadata, so the key must not change.</summary>
    public const string Key = "orleanschat.log-version";

    /// <summary>
    /// Returns the versions of all silos that are not dead, by address. A silo counts as
    /// <see cref="LogVersion.First"/> if it announces nothing, or if this silo does not have its metadata yet.
    /// </summary>
    /// <remarks>
    /// Silos that are joining count too, because they opened the log before they began to join. Orleans removes a silo
    /// that does not finish joining. If the metadata of a silo cannot be read, Orleans tries again within a minute.
    /// </remarks>
    public IReadOnlyDictionary<string, int> Current() => cluster.CurrentSnapshot.Members.Values
        .Where(member => member.Status is not (SiloStatus.None or SiloStatus.Dead))
        .ToDictionary(member => member.SiloAddress.ToString(), member => Of(member.SiloAddress));

    private int Of(SiloAddress silo) =>
        metadata.GetSiloMetadata(silo).Metadata.TryGetValue(Key, out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : LogVersion.First;
}
