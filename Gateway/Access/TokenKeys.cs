using Microsoft.Extensions.Options;

namespace OrleansChat.Gateway.Access;

/// <summary>The keys with which this gateway verifies tokens.</summary>
internal sealed class TokenKeys
{
    /// <summary>Maximum number of keys. A token without a <c>kid</c> may be checked with each of them.</summary>
    internal const int MaxKeys = 8;

    private readonly TokenKey[] _keys;

    private TokenKeys(TokenKey[] keys) => _keys = keys;

    /// <summary>False if the gateway has no keys, and so refuses every token.</summary>
    public bool Any => _keys.Length > 0;

    /// <summary>
    /// Reads the configured keys. Throws <see cref="OptionsValidationException"/> if a key is wrong, or if a required
    /// key, issuer or audience is missing. Each failure names its setting.
    /// </summary>
    public static TokenKeys Parse(IdentityOptions options)
    {
        var failures = new List<string>();
        var keys = new List<TokenKey>();
        if (options is { Mode: IdentityMode.Tokens, Keys: [] })
        {
            failures.Add("Identity:Keys: there are no keys, so nobody could sign in. Add the key that tokens are signed with.");
        }

        if (options.Keys.Length > MaxKeys)
        {
            failures.Add($"Identity:Keys: there are {options.Keys.Length} keys; up to {MaxKeys} are accepted. Remove the keys whose tokens have all expired.");
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
                    failures.Add($"Identity:Keys:{at}:Id: another key has the same id.");
                }

                keys.Add(key);
            }
            catch (FormatException exception)
            {
                failures.Add($"Identity:Keys:{at}:{exception.Message}");
            }
        }

        return failures.Count == 0 ? new([.. keys]) : throw new OptionsValidationException(IdentityOptions.Section, typeof(IdentityOptions), failures);

        void Need(string? value, string name, string claim)
        {
            if (string.IsNullOrWhiteSpace(value))
            {
                failures.Add($"Identity:{name}: it is missing. Set it to the {claim} that tokens must have.");
            }
        }
    }

    /// <summary>
    /// Returns the key that the token's <c>kid</c> names. If the token has no <c>kid</c>, returns all keys for the
    /// token's <c>alg</c>. Returns an empty array if no key matches.
    /// </summary>
    public TokenKey[] Find(string? kid, string? algorithm) => string.IsNullOrEmpty(kid)
        ? Array.FindAll(_keys, key => key.Algorithm.ToString() == algorithm)
        : Array.FindAll(_keys, key => key.Id == kid);
}
