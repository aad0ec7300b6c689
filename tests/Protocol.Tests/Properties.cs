using FsCheck;
using FsCheck.Fluent;

namespace OrleansChat.Protocol.Tests;

/// <summary>Checks a property for many generated values. A failure names the seed that repeats it.</summary>
internal static class Properties
{
    public static void ForAll<T>(Gen<T> values, Func<T, bool> holds) =>
        Prop.ForAll(values.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}
