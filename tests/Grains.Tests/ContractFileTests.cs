using System.Reflection;
using System.Text;
using OrleansChat.Grains.Interfaces;
using OrleansChat.Streams;

namespace OrleansChat.Grains.Tests;

/// <summary>
/// What silos and gateways of two versions exchange during an upgrade: the aliases of grain interfaces, methods and
/// records, and the numbers and types of the record members. This contract may only grow. Names that exist only in C#
/// may change.
/// </summary>
public sealed class ContractFileTests
{
    private const string WriteVariable = "ORLEANSCHAT_WRITE_CONTRACT";

    private static readonly Assembly[] Parts = [typeof(IRoomGrain).Assembly, typeof(GrainsHosting).Assembly, typeof(PushStreamOptions).Assembly];

    [Fact]
    public void Contract_WhenRendered_EqualsTheContractFile()
    {
        var file = Path.Combine(Root(), "Grains.Interfaces", "contract.txt");
        var rendered = Render();
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            File.WriteAllText(file, rendered);
        }

        Assert.True(
            rendered == File.ReadAllText(file),
            $"The contract between silos and gateways has changed. Processes of the previous version must still understand the new contract. If they do, run this test with {WriteVariable}=1, which writes the contract file again. The contract is now:\n{rendered}");
    }

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OrleansChat.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run within the repository.");
        }

        return directory.FullName;
    }

    private static string Render()
    {
        var text = new StringBuilder("# What processes of two versions exchange. Written by tests/Grains.Tests/ContractFileTests.cs.\n");
        var types = Parts.SelectMany(part => part.GetTypes()).Where(type => !type.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute))).ToArray();

        text.Append("\n# Streams\n");
        text.Append($"provider {GatewayStreamNames.Provider}, namespace {GatewayStreamNames.Namespace}, subscriptions in {GatewayStreamNames.SubscriptionStore}\n");

        text.Append("\n# Grains: the stored or addressed type, and its interface\n");
        Append(text, types.Where(type => type is { IsClass: true, IsAbstract: false } && typeof(Grain).IsAssignableFrom(type))
            .Select(type => $"{Grain(type)}: {string.Join(", ", type.GetInterfaces().Where(IsOurs).Select(Name))}"));

        text.Append("\n# Calls\n");
        Append(text, types.Where(type => type.IsInterface && IsOurs(type) && typeof(IAddressable).IsAssignableFrom(type))
            .SelectMany(type => type.GetMethods().Select(method =>
                $"{Name(type)}.{Alias(method)}({string.Join(", ", method.GetParameters().Select(parameter => Name(parameter.ParameterType)))}): {Name(method.ReturnType)}")));

        text.Append("\n# Records: the number and type of each member\n");
        Append(text, types.Where(type => !type.IsEnum && type.IsDefined(typeof(GenerateSerializerAttribute)))
            .Select(type => $"{Name(type)}{Base(type)}: {string.Join(", ", Members(type))}"));

        text.Append("\n# Enumerations\n");
        Append(text, types.Where(type => type.IsEnum && type.IsPublic && type.Assembly == typeof(IRoomGrain).Assembly)
            .Select(type => $"{type.Name}: {string.Join(", ", Enum.GetValues(type).Cast<object>().Select(value => $"{Convert.ToInt32(value, null)} {value}"))}"));
        return text.ToString();
    }

    private static void Append(StringBuilder text, IEnumerable<string> lines) => text.AppendJoin("", lines.Order(StringComparer.Ordinal).Select(line => line.TrimEnd() + "\n"));

    private static bool IsOurs(Type type) => type.Assembly == typeof(IRoomGrain).Assembly;

    private static string Grain(Type type) =>
        type.GetCustomAttribute<GrainTypeAttribute>()?.GetGrainType(null!, type).ToString() ?? throw new InvalidOperationException($"{type.Name} has no [GrainType].");

    private static string Base(Type type) => type.BaseType is { } parent && parent.IsDefined(typeof(GenerateSerializerAttribute)) ? $" : {Name(parent)}" : "";

    private static IEnumerable<string> Members(Type type) => type
        .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Select(member => (Member: member, Id: member.GetCustomAttribute<IdAttribute>()?.Id))
        .Where(pair => pair.Id is not null)
        .OrderBy(pair => pair.Id)
        .Select(pair => $"{pair.Id} {Name(pair.Member is PropertyInfo property ? property.PropertyType : ((FieldInfo)pair.Member).FieldType)}");

    private static string Alias(MethodInfo method) =>
        method.GetCustomAttribute<AliasAttribute>()?.Alias ?? throw new InvalidOperationException($"{method.DeclaringType!.Name}.{method.Name} has no [Alias].");

    private static string Name(Type type) => type switch
    {
        { IsArray: true } => $"{Name(type.GetElementType()!)}[]",
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        { IsEnum: true } => type.Name,
        _ when IsOurs(type) || type.IsDefined(typeof(AliasAttribute), inherit: false) =>
            type.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias ?? throw new InvalidOperationException($"{type.Name} has no [Alias]."),
        _ => type.Name,
    };
}
