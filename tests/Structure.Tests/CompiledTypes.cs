using Mono.Cecil;
using Mono.Cecil.Cil;

namespace OrleansChat.Structure.Tests;

/// <summary>
/// Finds the types that a type of a built assembly uses, in its declarations and in the code of its members.
/// </summary>
internal static class CompiledTypes
{
    public static ModuleDefinition Read(string project) => ModuleDefinition.ReadModule(Repository.AssemblyPath(project));

    /// <summary>
    /// Returns the types that a type and its nested types use. The nested types include those that the compiler
    /// generates.
    /// </summary>
    public static IEnumerable<TypeReference> Used(TypeDefinition type)
    {
        IEnumerable<TypeReference?> declared =
        [
            type.BaseType,
            .. type.Interfaces.Select(one => one.InterfaceType),
            .. type.Fields.Select(field => field.FieldType),
            .. type.Properties.Select(property => property.PropertyType),
            .. type.CustomAttributes.Select(attribute => attribute.AttributeType),
            .. type.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType),
            .. type.Methods.SelectMany(Used),
        ];
        return declared.OfType<TypeReference>().SelectMany(Parts).Concat(type.NestedTypes.SelectMany(Used));
    }

    /// <summary>Returns the methods of a type and of its nested types, but not methods without code.</summary>
    public static IEnumerable<MethodDefinition> Bodies(TypeDefinition type) =>
        type.Methods.Where(method => method.HasBody).Concat(type.NestedTypes.SelectMany(Bodies));

    /// <summary>Returns the types of the objects that a method creates with <c>new</c>.</summary>
    public static IEnumerable<TypeReference> Created(MethodDefinition method) =>
        method.Body.Instructions.Where(instruction => instruction.OpCode == OpCodes.Newobj).Select(instruction => ((MethodReference)instruction.Operand).DeclaringType);

    /// <summary>Returns the outermost type that contains a nested type; the type itself if it is not nested.</summary>
    public static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<TypeReference?> Used(MethodDefinition method) =>
    [
        method.ReturnType,
        .. method.Parameters.Select(parameter => parameter.ParameterType),
        .. method.CustomAttributes.Select(attribute => attribute.AttributeType),
        .. method.HasBody ? method.Body.Variables.Select(variable => variable.VariableType) : [],
        .. method.HasBody ? method.Body.Instructions.SelectMany(instruction => Used(instruction.Operand)) : [],
    ];

    private static IEnumerable<TypeReference?> Used(object? operand) => operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method => [method.DeclaringType, method.ReturnType, .. method.GenericArguments],
        MethodReference method => [method.DeclaringType, method.ReturnType],
        FieldReference field => [field.DeclaringType, field.FieldType],
        _ => [],
    };

    /// <summary>
    /// Splits a type into its element type and its generic arguments. Returns the type itself if it has neither.
    /// </summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericInstanceType generic => [.. Parts(generic.ElementType), .. generic.GenericArguments.SelectMany(Parts)],
        TypeSpecification special => Parts(special.ElementType),
        _ => [type],
    };
}
