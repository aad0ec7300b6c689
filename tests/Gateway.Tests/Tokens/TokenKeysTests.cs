using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using OrleansChat.Gateway.Access;
using OrleansChat.ProcessHosting;

namespace OrleansChat.Gateway.Tests.Tokens;

/// <summary>
/// If a setting of the section Identity is wrong, the gateway does not start. The error names the setting, and contains
/// no secret.
/// </summary>
public sealed class TokenKeysTests
{
    private static readonly TestKeys Keys = TestKeys.Shared;

    public static TheoryData<string, string, string> Wrong => new()
    {
        { "Identity:Keys", "", "" },
        { "Identity:Issuer", "Issuer", "" },
        { "Identity:Audience", "Audience", "" },
        { "Identity:UserClaim", "UserClaim", "" },
        { "Identity:Grace", "Grace", "-00:00:01" },
        { "Identity:Keys:0:Id", "Keys:0:Id", "" },
        { "Identity:Keys:1:Id", "Keys:1:Id", "hs" },
        { "Identity:Keys:0:Algorithm", "Keys:0:Algorithm", "" },
        { "Identity:Keys:0:Algorithm", "Keys:0:Algorithm", "none" },
        { "Identity:Keys:0:Algorithm", "Keys:0:Algorithm", "7" },
        { "Identity:Keys:0:Secret", "Keys:0:Secret", "" },
        { "Identity:Keys:0:Secret", "Keys:0:Secret", "not base64, whatever its length, is no secret" },
        { "Identity:Keys:0:Secret", "Keys:0:Secret", Convert.ToBase64String(new byte[31]) },
        { "Identity:Keys:0:Secret", "Keys:0:SecretFile", "/dev/null" },
        { "Identity:Keys:0:PublicKey", "Keys:0:PublicKey", Keys.RsaPem },
        { "Identity:Keys:1:PublicKey", "Keys:1:PublicKey", "" },
        { "Identity:Keys:1:PublicKey", "Keys:1:PublicKey", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" },
        { "Identity:Keys:1:PublicKey", "Keys:1:PublicKey", Keys.EcPem },
        { "Identity:Keys:1:PublicKey", "Keys:1:PublicKey", Pem(RSA.Create(1024)) },
        { "Identity:Keys:1:PublicKey", "Keys:1:PublicKey", PrivatePem(RSA.Create(2048)) },
        { "Identity:Keys:1:Secret", "Keys:1:Secret", Keys.Secret },
        { "Identity:Keys:2:PublicKey", "Keys:2:PublicKey", Keys.RsaPem },
        { "Identity:Keys:2:PublicKey", "Keys:2:PublicKey", Pem(ECDsa.Create(ECCurve.NamedCurves.nistP384)) },
        { "Identity:Keys:2:PublicKeyFile", "Keys:2:PublicKeyFile", "/nowhere/key.pem" },
        { "Identity:Keys:0:Password", "Keys:0:Password", "x" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Read_WhenASettingIsWrong_NamesItAndNoSecret(string named, string setting, string value)
    {
        var settings = Right();
        if (setting.Length == 0)
        {
            settings = new() { ["Identity:Mode"] = "Tokens" };
        }
        else if (setting == "Keys:2:PublicKeyFile")
        {
            settings.Remove("Identity:Keys:2:PublicKey");
        }

        if (setting.Length > 0)
        {
            settings[$"Identity:{setting}"] = value;
        }

        var refused = Assert.Throws<OptionsValidationException>(() => Read(settings));
        Assert.Contains(named, string.Join('\n', refused.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain(Keys.Secret, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenKeysAreInSettingsOrFiles_LoadsThem()
    {
        var folder = Directory.CreateTempSubdirectory("orleanschat-keys-");
        try
        {
            var (secret, pem) = (Path.Combine(folder.FullName, "secret"), Path.Combine(folder.FullName, "key.pem"));
            File.WriteAllText(secret, Keys.Secret + "\n");
            File.WriteAllText(pem, "A note.\n" + Keys.EcPem + "\n");
            var settings = Right();
            settings.Remove("Identity:Keys:0:Secret");
            settings["Identity:Keys:0:SecretFile"] = secret;
            settings.Remove("Identity:Keys:2:PublicKey");
            settings["Identity:Keys:2:PublicKeyFile"] = pem;

            var keys = Read(settings);

            Assert.Equal(TokenAlgorithm.HS256, Assert.Single(keys.Find("hs", "HS256")).Algorithm);
            Assert.Equal(TokenAlgorithm.RS256, Assert.Single(keys.Find("rs", "RS256")).Algorithm);
            Assert.Equal(TokenAlgorithm.ES256, Assert.Single(keys.Find("es", "ES256")).Algorithm);
            Assert.Equal("es", Assert.Single(keys.Find(null, "ES256")).Id);
            Assert.Empty(keys.Find("HS", "HS256"));
            Assert.Empty(keys.Find(null, "none"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Read_WhenKeysAreMissing_DoesNotSuggestDevelopmentMode()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Read(new() { ["Identity:Mode"] = "Tokens" }));

        Assert.DoesNotContain("Development", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenThereAreTooManyKeys_IsRefused()
    {
        var settings = Right();
        for (var at = 3; at <= TokenKeys.MaxKeys; at++)
        {
            settings[$"Identity:Keys:{at}:Id"] = $"key-{at}";
            settings[$"Identity:Keys:{at}:Algorithm"] = "HS256";
            settings[$"Identity:Keys:{at}:Secret"] = Keys.Secret;
        }

        var refused = Assert.Throws<OptionsValidationException>(() => Read(settings));

        Assert.StartsWith("Identity:Keys: there are 9 keys; up to 8 are accepted", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Identity:Mode", "1")]
    [InlineData("Identity:Mode", "0")]
    [InlineData("Identity:Mode", "Tokens,Development")]
    [InlineData("Identity:Keys:0:Algorithm", "0")]
    public void Setting_WhenItsValueIsNoName_IsRefused(string setting, string value)
    {
        var settings = Right();
        settings[setting] = value;

        var refused = Assert.Throws<OptionsValidationException>(() => Read(settings));

        Assert.StartsWith($"{setting}: '{value}' is not one of ", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhenTheModeIsDevelopment_NeedsNoKeys() => Assert.False(Read(new() { ["Identity:Mode"] = "Development" }).Any);

    private static Dictionary<string, string?> Right() => new()
    {
        ["Identity:Mode"] = "Tokens",
        ["Identity:Issuer"] = TestKeys.Issuer,
        ["Identity:Audience"] = TestKeys.Audience,
        ["Identity:Keys:0:Id"] = "hs",
        ["Identity:Keys:0:Algorithm"] = "HS256",
        ["Identity:Keys:0:Secret"] = Keys.Secret,
        ["Identity:Keys:1:Id"] = "rs",
        ["Identity:Keys:1:Algorithm"] = "RS256",
        ["Identity:Keys:1:PublicKey"] = Keys.RsaPem,
        ["Identity:Keys:2:Id"] = "es",
        ["Identity:Keys:2:Algorithm"] = "ES256",
        ["Identity:Keys:2:PublicKey"] = Keys.EcPem,
    };

    private static TokenKeys Read(Dictionary<string, string?> settings) =>
        TokenKeys.Parse(new ConfigurationBuilder().AddInMemoryCollection(settings).Build().Read<IdentityOptions>(IdentityOptions.Section));

    private static string Pem(AsymmetricAlgorithm key)
    {
        using (key)
        {
            return key.ExportSubjectPublicKeyInfoPem();
        }
    }

    private static string PrivatePem(AsymmetricAlgorithm key)
    {
        using (key)
        {
            return key.ExportPkcs8PrivateKeyPem();
        }
    }
}
