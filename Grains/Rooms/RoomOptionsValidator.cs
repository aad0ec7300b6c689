using Microsoft.Extensions.Options;

namespace OrleansChat.Grains.Rooms;

/// <summary>Checks the ranges of <see cref="RoomOptions"/>; the failure names the setting.</summary>
[OptionsValidator]
internal sealed partial class RoomOptionsValidator : IValidateOptions<RoomOptions>;
