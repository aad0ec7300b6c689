using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace OrleansChat.ProcessHosting;

/// <summary>
/// Reads settings. Every section is read before the services are built, so that a bad setting is reported before
/// anything starts.
/// </summary>
/// <remarks>
/// A property with a public setter is a setting. A property with an internal setter is a constant that only tests
/// change: configuration cannot set it.
/// </remarks>
public static class Settings
{
    /// <summary>
    /// Reads the settings of a section. Settings that are not configured keep their defaults.
    /// </summary>
    /// <exception cref="OptionsValidationException">
    /// A value cannot be read or is out of its range, or a key is unknown. Each of the exception's failures names the
    /// setting.
    /// </exception>
    public static T Read<T>(this IConfiguration configuration, string section) where T : class, new()
    {
        var there = configuration.GetSection(section);
        if (Unknown(there, typeof(T)).ToArray() is { Length: > 0 } unknown)
        {
            throw new OptionsValidationException(section, typeof(T), unknown.Select(path => $"{path}: there is no such setting. Correct the name, or remove it."));
        }

        if (NotNamed(there, typeof(T)).ToArray() is { Length: > 0 } notNamed)
        {
            throw new OptionsValidationException(section, typeof(T), notNamed);
        }

        T settings;
        try
        {
            // Without this option, the binder silently skips list entries that it cannot read.
            settings = there.Get<T>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new T();
        }
        catch (InvalidOperationException exception)
        {
            // The message of the inner exception names the path and the value.
            throw new OptionsValidationException(section, typeof(T), [(exception.InnerException as InvalidOperationException ?? exception).Message]);
        }

        var failures = new List<ValidationResult>();
        return Validator.TryValidateObject(settings, new ValidationContext(settings), failures, validateAllProperties: true)
            ? settings
            : throw new OptionsValidationException(section, typeof(T), failures.Select(Sentence));

        string Sentence(ValidationResult failure) =>
            $"{string.Join(", ", failure.MemberNames.Select(name => $"{section}:{name}"))}: {failure.ErrorMessage}";
    }

    // Unknown keys are refused: a misspelt key would otherwise leave the default in effect without notice.
    private static IEnumerable<string> Unknown(IConfigurationSection section, Type type) => section.GetChildren().SelectMany(child =>
        type.GetElementType() is { } element ? Unknown(child, element) // an entry of a list, such as Origins:Allowed:0
        : type.GetProperties().FirstOrDefault(property => IsSetting(property, child.Key)) is { } known ? Unknown(child, known.PropertyType)
        : [child.Path]);

    private static bool IsSetting(PropertyInfo property, string key) =>
        property.SetMethod is { IsPublic: true } && property.Name.Equals(key, StringComparison.OrdinalIgnoreCase);

    // For an enum, the binder also accepts a number, or several names separated by commas. This method refuses both,
    // because a value such as Identity:Mode=1 is most likely a mistake.
    private static IEnumerable<string> NotNamed(IConfigurationSection section, Type type) => section.GetChildren().SelectMany(child =>
    {
        var of = type.GetElementType() ?? type.GetProperties().FirstOrDefault(property => IsSetting(property, child.Key))?.PropertyType;
        return of is null ? []
            : (Nullable.GetUnderlyingType(of) ?? of) is not { IsEnum: true } words ? NotNamed(child, of)
            : child.Value is not { Length: > 0 } value || Enum.GetNames(words).Contains(value, StringComparer.OrdinalIgnoreCase) ? []
            : (IEnumerable<string>)[$"{child.Path}: '{value}' is not one of {string.Join(", ", Enum.GetNames(words))}. Use one of these names."];
    });
}
