using FsCheck;
using FsCheck.Fluent;

namespace OrleansChat.Protocol.Tests;

/// <summary>
/// Checks a property for many generated values. The error message contains the seed that repeats the failure.
/// </summary>
internal static class Properties
{
    public static void ForAll<T>(Gen<T> values, Func<T, bool> holds) =>
        Prop.ForAll(values.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}
