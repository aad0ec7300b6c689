using System.Text;

namespace OrleansChat.Protocol;

/// <summary>Tells whether a text is in Unicode normal form C.</summary>
internal static class NormalForm
{
    public static bool IsComposed(string text) => text.IsNormalized(NormalizationForm.FormC);
}
