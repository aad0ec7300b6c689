using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OrleansChat.LocalCluster;

/// <summary>Who issues the tokens of a run: a key that was made for it, and is gone with it.</summary>
internal sealed class DevelopmentTokens(TimeProvider time)
{
    /// <summary>How long a token is good.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private const string Name = "orleanschat-local";
    private const string KeyId = "local";
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>What a gateway has to know, to take these tokens and no others.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Identity:Mode"] = "Tokens",
        ["Identity:Issuer"] = Name,
        ["Identity:Audience"] = Name,
        ["Identity:Keys:0:Id"] = KeyId,
        ["Identity:Keys:0:Algorithm"] = "HS256",
        ["Identity:Keys:0:Secret"] = Convert.ToBase64String(_secret),
    };

    /// <summary>A token of <paramref name="user"/>'s.</summary>
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

    /// <summary>The lifetime, for people.</summary>
    public static string LifetimeText => string.Create(CultureInfo.InvariantCulture, $"{Lifetime.TotalHours:0} hours");
}
