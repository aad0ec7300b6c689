using System.ComponentModel.DataAnnotations;
using OrleansChat.Gateway.Tokens;

namespace OrleansChat.Gateway;

/// <summary>Who may say who they are. Section <c>Identity</c>. <see cref="TokenKeys.Of"/> says what of it goes together.</summary>
internal sealed class IdentityOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Identity";

    /// <summary>How users are known.</summary>
    [EnumDataType(typeof(IdentityMode))] public IdentityMode Mode { get; set; } = IdentityMode.Tokens;

    /// <summary>The <c>iss</c> that a token must have, to the letter. Needed where there are keys.</summary>
    public string? Issuer { get; set; }

    /// <summary>The <c>aud</c> that a token must have, alone or among others. Needed where there are keys.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that names the user.</summary>
    [Required] public string UserClaim { get; set; } = "sub";

    /// <summary>Seconds by which the clocks of who issues tokens and of this machine may differ.</summary>
    [Range(0, 300)] public int ClockSkewSeconds { get; set; } = 60;

    /// <summary>Seconds for which a connection may go on after its token's time, for a fresh token to come.</summary>
    [Range(0, 3600)] public int GraceSeconds { get; set; } = 30;

    /// <summary>The keys that tokens may be signed with.</summary>
    public TokenKeyOptions[] Keys { get; set; } = [];
}

/// <summary>How users are known.</summary>
internal enum IdentityMode
{
    /// <summary>By a token alone.</summary>
    Tokens,

    /// <summary>
    /// By what they say: <c>?user=ann</c>, and a guest's name in text mode where they say nothing; by tokens too, where there are keys.
    /// For development alone.
    /// </summary>
    Development,
}
