using System.ComponentModel.DataAnnotations;
using System.Net;

namespace OrleansChat.Silo;

/// <summary>The address and ports of this silo. Section <c>Silo</c>.</summary>
internal sealed record SiloSettings : IValidatableObject
{
    public const string Section = "Silo";

    /// <summary>
    /// Name of this silo in logs and in the membership table. If there is no name, Orleans generates one.
    /// </summary>
    [StringLength(100, MinimumLength = 1)] public string? Name { get; init; }

    /// <summary>The IP address at which other processes reach this silo, and on which it listens.</summary>
    [Required] public string Address { get; init; } = "127.0.0.1";

    /// <summary>The port for other silos.</summary>
    [Range(1, 65535)] public int Port { get; init; } = 11111;

    /// <summary>The port for gateways.</summary>
    [Range(1, 65535)] public int ClientPort { get; init; } = 30000;

    /// <summary>The port of the health endpoints.</summary>
    [Range(1, 65535)] public int HealthPort { get; init; } = 11180;

    /// <summary>The parsed <see cref="Address"/>. Throws if the address is not valid.</summary>
    internal IPAddress IPAddress => IPAddress.Parse(Address);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
        {
            yield return new($"'{Address}' is not an IP address. Set an IP address of this machine that other processes can reach.", [nameof(Address)]);
        }
    }
}
