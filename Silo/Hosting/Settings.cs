using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansChat.Hosting;

/// <summary>Settings that composition needs before there are services.</summary>
internal static class Settings
{
    /// <summary>The section's settings with their defaults. Throws <see cref="OptionsValidationException"/>, whose failures name the setting,
    /// for a value that cannot be read or is out of its range, and for a key that means nothing.</summary>
    public static T Read<T>(this IConfiguration configuration, string section) where T : class, new()
    {
        var there = configuration.GetSection(section);
        if (Unknown(there, typeof(T)).ToArray() is { Length: > 0 } unknown)
        {
            throw new OptionsValidationException(section, typeof(T), unknown.Select(path => $"{path}: there is no such setting."));
        }

        T settings;
        try
        {
            // Without the option a list leaves out what it cannot read, and says nothing.
            settings = there.Get<T>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new T();
        }
        catch (InvalidOperationException unreadable)
        {
            throw new OptionsValidationException(section, typeof(T), [(unreadable.InnerException as InvalidOperationException ?? unreadable).Message]); // It names the path and the value.
        }

        var failures = new List<ValidationResult>();
        return Validator.TryValidateObject(settings, new ValidationContext(settings), failures, validateAllProperties: true)
            ? settings
            : throw new OptionsValidationException(section, typeof(T), failures.Select(Sentence));

        string Sentence(ValidationResult failure) =>
            $"{string.Join(", ", failure.MemberNames.Select(name => $"{section}:{name}"))}: {failure.ErrorMessage}";
    }

    // A misspelt key would otherwise leave the default in force, and nobody would know.
    private static IEnumerable<string> Unknown(IConfigurationSection section, Type type) => section.GetChildren().SelectMany(child =>
        type.GetElementType() is { } element ? Unknown(child, element) // Origins:Allowed:0
        : type.GetProperties().FirstOrDefault(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is { } known
            ? Unknown(child, known.PropertyType)
            : [child.Path]);
}
