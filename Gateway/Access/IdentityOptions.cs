using System.ComponentModel.DataAnnotations;

namespace OrleansChat.Gateway.Access;

/// <summary>
/// How users prove who they are. Section <c>Identity</c>. <see cref="TokenKeys.Parse"/> checks the settings that depend
/// on each other.
/// </summary>
internal sealed class IdentityOptions
{
    public const string Section = "Identity";

    /// <summary>
    /// How users are identified: by signed tokens, or, for development only, by the name that they give.
    /// </summary>
    [EnumDataType(typeof(IdentityMode))] public IdentityMode Mode { get; set; } = IdentityMode.Tokens;

    /// <summary>
    /// Whether a gateway in mode <see cref="IdentityMode.Development"/> may listen on an address that other machines
    /// can reach. Every client that reaches this address can act as any user. If the setting is <c>false</c>, the
    /// gateway does not start on such an address.
    /// </summary>
    public bool AllowDevelopmentOnAnyAddress { get; set; }

    /// <summary>The exact <c>iss</c> that a token must have. Required if there are keys.</summary>
    public string? Issuer { get; set; }

    /// <summary>The <c>aud</c> that a token must have, alone or among others. Required if there are keys.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that holds the user id.</summary>
    [Required] public string UserClaim { get; set; } = "sub";

    /// <summary>
    /// The claim that grants actions in rooms: an object whose fields are patterns of room names, each with a list of
    /// actions. If the setting is empty, tokens grant nothing.
    /// </summary>
    public string? RightsClaim { get; set; }

    /// <summary>How far the clock of the token issuer and the clock of this machine may differ.</summary>
    internal TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How long a connection stays open after its token has expired, so that the client can send a fresh token. After
    /// this time, the gateway closes the connection with 4003.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The keys whose signatures are accepted.</summary>
    public TokenKeyOptions[] Keys { get; set; } = [];
}

/// <summary>How users are identified.</summary>
internal enum IdentityMode
{
    /// <summary>Each user needs a valid token.</summary>
    Tokens,

    /// <summary>
    /// <c>?user=ann</c> names the user, without any proof. A text client that gives no name becomes a guest with a
    /// random id. If there are keys, a token can name the user instead. For development only.
    /// </summary>
    Development,
}
