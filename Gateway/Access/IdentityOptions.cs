using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Access;

/// <summary>
/// How users prove who they are. Section <c>Identity</c>. <see cref="TokenKeys.Parse"/> checks which settings belong
/// together.
/// </summary>
internal sealed class IdentityOptions
{
    public const string Section = "Identity";

    /// <summary>
    /// How users are identified: by signed tokens, or, for development only, by the name that they give.
    /// </summary>
    [EnumDataType(typeof(IdentityMode))] public IdentityMode Mode { get; set; } = IdentityMode.Tokens;

    /// <summary>
    /// Whether <see cref="IdentityMode.Development"/> may listen on an address that other machines reach. Everybody who
    /// reaches it can then act as any user. Without this setting, the process does not start on such an address.
    /// </summary>
    public bool AllowDevelopmentOnAnyAddress { get; set; }

    /// <summary>The exact <c>iss</c> that a token must have. Required if there are keys.</summary>
    public string? Issuer { get; set; }

    /// <summary>The <c>aud</c> that a token must have, alone or among others. Required if there are keys.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that holds the user id.</summary>
    [Required] public string UserClaim { get; set; } = "sub";

    /// <summary>How far the clock of the token issuer and the clock of this machine may differ.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a connection stays open after its token has expired, so that the client can send a fresh token. Then it
    /// is closed with 4003.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The keys whose signatures are accepted.</summary>
    public TokenKeyOptions[] Keys { get; set; } = [];
}

/// <summary>How users are identified.</summary>
internal enum IdentityMode
{
    /// <summary>By a token only.</summary>
    Tokens,

    /// <summary>
    /// By the name in <c>?user=ann</c>. In text mode without a name, by a generated guest name. If there are keys, also
    /// by a token. For development only.
    /// </summary>
    Development,
}
