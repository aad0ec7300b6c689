using System.CommandLine;
using System.Globalization;

namespace OrleansChat.LocalCluster;

/// <summary>
/// Creates and reads command-line options. An error message about an option names the values that the option accepts.
/// </summary>
internal static class OptionOf
{
    /// <summary>
    /// Creates an option for a whole number from <paramref name="least"/> to <paramref name="most"/>, both included.
    /// </summary>
    public static Option<int> Number(string name, int usual, int least, int most, string description) => new(name)
    {
        Description = $"{description} ({least} to {most})",
        HelpName = "number",
        DefaultValueFactory = _ => usual,
        CustomParser = given =>
        {
            if (given.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number >= least && number <= most)
            {
                return number;
            }

            given.AddError($"{name} must be a number from {least} to {most}, not '{string.Join(' ', given.Tokens)}'");
            return usual;
        },
    };

    /// <summary>Creates an option for one of <paramref name="words"/>; the first word is the default.</summary>
    public static Option<string> Choice(string name, string[] words, string description) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', words),
        DefaultValueFactory = _ => words[0],
        CustomParser = given =>
        {
            if (given.Tokens is [var token] && words.Contains(token.Value))
            {
                return token.Value;
            }

            given.AddError($"{name} must be {string.Join(" or ", words)}, not '{string.Join(' ', given.Tokens)}'");
            return words[0];
        },
    };

    /// <summary>
    /// Reads the options of a command. If the user asked for help, prints the help and returns null. Throws
    /// <see cref="CannotStartException"/> for an option that is not valid.
    /// </summary>
    public static T? Read<T>(RootCommand command, Func<ParseResult, T> read, string[] args, out int exitCode)
        where T : class
    {
        T? options = null;
        command.SetAction(given => options = read(given));
        var parsed = command.Parse(args);
        if (parsed.Errors is [var first, ..])
        {
            throw new CannotStartException($"{first.Message.TrimEnd('.')} (--help lists all options)");
        }

        exitCode = parsed.Invoke(new() { EnableDefaultExceptionHandler = false });
        return options;
    }
}
