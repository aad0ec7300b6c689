using Microsoft.Extensions.Options;

namespace OrleansChat.Grains.Rooms;

/// <summary>Validates <see cref="RoomOptions"/>; each failure names the setting.</summary>
[OptionsValidator]
internal sealed partial class RoomOptionsValidator : IValidateOptions<RoomOptions>;
