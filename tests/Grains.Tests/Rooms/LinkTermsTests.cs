using OrleansChat.Grains.Interfaces;

namespace OrleansChat.Grains.Tests.Rooms;

/// <summary>
/// The form in which the log stores the terms of an invitation link. Existing logs contain this form, so it must never
/// change.
/// </summary>
public sealed class LinkTermsTests
{
    private const string Hash = "ccSA35PWri8e-tFEfGbJUl4xYhjPUfyNntgy8trxi3M";

    public static TheoryData<LinkTerms, string> Stored => new()
    {
        { new(Hash), $$"""{"hash":"{{Hash}}"}""" },
        { new(Hash, 10), $$"""{"hash":"{{Hash}}","uses":10}""" },
        { new(Hash, null, 5), $$"""{"hash":"{{Hash}}","until":5}""" },
        { new(Hash, 1000, long.MaxValue), $$"""{"hash":"{{Hash}}","uses":1000,"until":9223372036854775807}""" },
    };

    [Fact]
    public void HashOf_WhenGivenACode_IsItsSha256() => Assert.Equal(Hash, LinkTerms.HashOf("abcdefghijklmnopqrstuvwxyz"));

    [Theory, MemberData(nameof(Stored))]
    public void Meta_WhenWrittenAndRead_IsExact(LinkTerms terms, string meta)
    {
        Assert.Equal(meta, terms.ToMeta());
        Assert.Equal(terms, LinkTerms.Parse(meta));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("""{"hash":null}""")]
    [InlineData("""{"hash":"abcdefghijklmnopqrstuvwxyz"}""")]
    [InlineData("""{"hash":"ccSA35PWri8e+tFEfGbJUl4xYhjPUfyNntgy8trxi3M"}""")]
    [InlineData("""{"hash":"ccSA35PWri8e-tFEfGbJUl4xYhjPUfyNntgy8trxi3M","uses":1.5}""")]
    [InlineData("""{"hash":"ccSA35PWri8e-tFEfGbJUl4xYhjPUfyNntgy8trxi3M","uses":4294967297}""")]
    [InlineData("""{"hash":"ccSA35PWri8e-tFEfGbJUl4xYhjPUfyNntgy8trxi3M","more":1}""")]
    [InlineData("""{"hash":"ccSA35PWri8e-tFEfGbJUl4xYhjPUfyNntgy8trxi3M" }""")]
    public void Parse_WhenTheMetaIsOfAnotherForm_ReturnsNull(string? meta) => Assert.Null(LinkTerms.Parse(meta));
}
