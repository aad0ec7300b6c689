using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using OrleansChat.Gateway.Access;
using OrleansChat.Grains.Rooms;
using OrleansChat.ProcessHosting;
using OrleansChat.Protocol;
using OrleansChat.Silo;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>A section of a program's configuration, and the type whose properties are its settings.</summary>
internal sealed record SettingsSection(string Program, string Name, Type Type)
{
    /// <summary>The settings of the section, including those of nested types.</summary>
    public IReadOnlyList<Setting> Settings { get; } = [.. Walk(Name, Type, Activator.CreateInstance(Type))];

    private static IEnumerable<Setting> Walk(string path, Type type, object? defaults)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.SetMethod is { IsPublic: true }))
        {
            var (at, value) = ($"{path}:{property.Name}", defaults is null ? null : property.GetValue(defaults));
            var kind = property.PropertyType;
            if (kind.GetElementType() is { } element)
            {
                (at, kind, value) = ($"{at}:{Setting.Each}", element, Ours(element) ? Activator.CreateInstance(element) : null);
            }

            foreach (var setting in Ours(kind) ? Walk(at, kind, value) : [new(at, property, Nullable.GetUnderlyingType(kind) ?? kind, value)])
            {
                yield return setting;
            }
        }
    }

    private static bool Ours(Type type) => type is { IsEnum: false, IsClass: true } && type.Namespace!.StartsWith("OrleansChat", StringComparison.Ordinal);
}

/// <param name="Path">
/// The path in the configuration, such as <c>Cluster:Id</c>. For a list, the path of its entries, such as
/// <c>Origins:Allowed:&lt;n&gt;</c>.
/// </param>
/// <param name="Kind">The type of the value. For a list, the type of each entry.</param>
/// <param name="Default">The value if the configuration does not have the setting.</param>
internal sealed record Setting(string Path, PropertyInfo Property, Type Kind, object? Default)
{
    /// <summary>In a path, this text stands for the index of a list entry.</summary>
    public const string Each = "<n>";
}

/// <summary>All settings of both programs.</summary>
internal static class SettingsCatalog
{
    public const string Silo = "Silo";
    public const string Gateway = "Gateway";

    private static readonly Assembly[] SiloParts =
        [typeof(SiloSettings).Assembly, typeof(RoomOptions).Assembly, typeof(ClusterSettings).Assembly];

    private static readonly Assembly[] GatewayParts = [typeof(Identity).Assembly, typeof(ClusterSettings).Assembly, typeof(ProtocolLimits).Assembly];

    /// <summary>
    /// The sections of both programs. Most types have a constant with the name of their section. For the other types,
    /// this list contains the name.
    /// </summary>
    public static IReadOnlyList<SettingsSection> Sections { get; } =
    [
        .. Named(Silo, SiloParts),
        .. Named(Gateway, GatewayParts),
        new(Gateway, "Limits", typeof(ProtocolLimits)),
    ];

    /// <summary>The settings and sections that had another name in the previous version.</summary>
    public static IReadOnlyList<(string Old, string New, TimeSpan? Unit)> Renamed => RenamedSettings.Names;

    /// <summary>
    /// The settings of the previous version that are constants now. The name of a section stands for all its settings.
    /// </summary>
    public static IReadOnlyList<string> Removed => RenamedSettings.Removed;

    /// <summary>
    /// The types that have a property with a range. The settings of each such type must be in one of the sections.
    /// </summary>
    public static IEnumerable<Type> Ranged => SiloParts.Concat(GatewayParts).Distinct().SelectMany(part => part.GetTypes())
        .Where(type => type.GetProperties().Any(property => property.IsDefined(typeof(RangeAttribute))));

    /// <summary>
    /// Reads a program's configuration as the program does, and returns the errors: unknown keys, unreadable values,
    /// and values out of range.
    /// </summary>
    public static IEnumerable<string> Wrong(string program, IConfiguration configuration)
    {
        foreach (var section in configuration.GetChildren().Where(section => !IsFrameworks(section.Key)))
        {
            if (Sections.FirstOrDefault(known => known.Program == program && known.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase)) is not { } known)
            {
                yield return $"{section.Path}: a {program} reads no such section.";
                continue;
            }

            if (Failure(known, configuration) is { } failure)
            {
                yield return failure;
            }
        }
    }

    private static string? Failure(SettingsSection section, IConfiguration configuration)
    {
        var read = typeof(Settings).GetMethod(nameof(Settings.Read))!.MakeGenericMethod(section.Type);
        try
        {
            read.Invoke(null, [configuration, section.Name]);
            return null;
        }
        catch (TargetInvocationException exception)
        {
            return exception.InnerException!.Message;
        }
    }

    /// <summary>Returns whether the section is for .NET or ASP.NET Core, not for this project.</summary>
    private static bool IsFrameworks(string key) => key is "Logging" || key.StartsWith("ASPNETCORE_", StringComparison.Ordinal) || key.StartsWith("DOTNET_", StringComparison.Ordinal);

    private static IEnumerable<SettingsSection> Named(string program, Assembly[] parts) => parts.SelectMany(part => part.GetTypes())
        .Where(type => type.GetField("Section", BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true })
        .Select(type => new SettingsSection(program, (string)type.GetField("Section")!.GetRawConstantValue()!, type));
}
