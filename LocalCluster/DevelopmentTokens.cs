using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OrleansChat.LocalCluster;

/// <summary>
/// Issues the tokens of one run. The signing key is random; only this process and the gateways of the run know it.
/// </summary>
internal sealed class DevelopmentTokens(TimeProvider time)
{
    /// <summary>How long a token is valid.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const string Name = "orleanschat-local";
    private const string KeyId = "local";
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>
    /// The settings that make a gateway accept these tokens and no others. Each key of the dictionary is a
    /// configuration path.
    /// </summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Identity:Mode"] = "Tokens",
        ["Identity:Issuer"] = Name,
        ["Identity:Audience"] = Name,
        ["Identity:Keys:0:Id"] = KeyId,
        ["Identity:Keys:0:Algorithm"] = "HS256",
        ["Identity:Keys:0:Secret"] = Convert.ToBase64String(_secret),
    };

    /// <summary>
    /// Issues a token for <paramref name="user"/>: a JWT signed with HS256, valid from now for <see cref="Lifetime"/>.
    /// </summary>
    public string For(string user)
    {
        var now = time.GetUtcNow();
        var claims = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["iss"] = Name,
            ["aud"] = Name,
            ["sub"] = user,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + Lifetime).ToUnixTimeSeconds(),
        });
        return new JsonWebTokenHandler().CreateToken(claims, new SigningCredentials(new SymmetricSecurityKey(_secret) { KeyId = KeyId }, "HS256"));
    }

    /// <summary><see cref="Lifetime"/> as text, in hours.</summary>
    public static string LifetimeText => string.Create(CultureInfo.InvariantCulture, $"{Lifetime.TotalHours:0} hours");
}
