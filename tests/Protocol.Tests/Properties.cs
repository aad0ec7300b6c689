using FsCheck;
using FsCheck.Fluent;

namespace OrleansChat.Protocol.Tests;

/// <summary>Checks what holds for every generated value; a failure names the seed to replay it with.</summary>
internal static class Properties
{
    public static void ForAll<T>(Gen<T> values, Func<T, bool> holds) =>
        Prop.ForAll(values.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}
