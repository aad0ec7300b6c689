using System.ComponentModel.DataAnnotations;
using System.Net;

namespace OrleansChat.Silo;

/// <summary>Where this silo is found. Bound from configuration section <c>Silo</c>.</summary>
internal sealed record SiloSettings : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Silo";

    /// <summary>Its name in logs and in the membership table; null for one made up.</summary>
    [StringLength(100, MinimumLength = 1)] public string? Name { get; init; }

    /// <summary>The IP address that others reach it at, and that it listens on.</summary>
    [Required] public string Address { get; init; } = "127.0.0.1";

    /// <summary>The port for other silos.</summary>
    [Range(1, 65535)] public int Port { get; init; } = 11111;

    /// <summary>The port for gateways.</summary>
    [Range(1, 65535)] public int GatewayPort { get; init; } = 30000;

    /// <summary>The port of the health endpoints.</summary>
    [Range(1, 65535)] public int HealthPort { get; init; } = 11180;

    /// <summary><see cref="Address"/>, once valid.</summary>
    internal IPAddress IPAddress => IPAddress.Parse(Address);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
        {
            yield return new($"'{Address}' is not an IP address.", [nameof(Address)]);
        }
    }
}
