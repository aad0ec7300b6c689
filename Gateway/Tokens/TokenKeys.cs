using Microsoft.Extensions.Options;

namespace OrleansChat.Gateway.Tokens;

/// <summary>The keys of this gateway, and which one a token means.</summary>
internal sealed class TokenKeys
{
    private readonly TokenKey[] _keys;

    private TokenKeys(TokenKey[] keys) => _keys = keys;

    /// <summary>False where no token is taken at all.</summary>
    public bool Any => _keys.Length > 0;

    /// <summary>
    /// Reads the keys that are configured. Throws <see cref="OptionsValidationException"/>, whose failures name the setting, for whatever
    /// would leave tokens unchecked, or nobody a way in.
    /// </summary>
    public static TokenKeys Of(IdentityOptions options)
    {
        var failures = new List<string>();
        var keys = new List<TokenKey>();
        if (options is { Mode: IdentityMode.Tokens, Keys: [] })
        {
            failures.Add("Identity:Keys: there is none, so nobody could come in. Name the key that tokens are signed with, or set Identity:Mode to Development.");
        }

        if (options.Keys.Length > 0)
        {
            Need(options.Issuer, nameof(options.Issuer), "iss");
            Need(options.Audience, nameof(options.Audience), "aud");
        }

        for (var at = 0; at < options.Keys.Length; at++)
        {
            try
            {
                var key = new TokenKey(options.Keys[at]);
                if (keys.Exists(other => other.Id == key.Id))
                {
                    failures.Add($"Identity:Keys:{at}:Id: another key has the same.");
                }

                keys.Add(key);
            }
            catch (FormatException wrong)
            {
                failures.Add($"Identity:Keys:{at}:{wrong.Message}");
            }
        }

        return failures.Count == 0 ? new([.. keys]) : throw new OptionsValidationException(IdentityOptions.Section, typeof(IdentityOptions), failures);

        void Need(string? value, string name, string claim)
        {
            if (string.IsNullOrWhiteSpace(value))
            {
                failures.Add($"Identity:{name}: it is missing; tokens are taken with one {claim} alone.");
            }
        }
    }

    /// <summary>The key that a token's <c>kid</c> names; without one, the only key there is; else null.</summary>
    public TokenKey? Of(string? kid) => string.IsNullOrEmpty(kid)
        ? (_keys is [var only] ? only : null)
        : Array.Find(_keys, key => key.Id == kid);
}
