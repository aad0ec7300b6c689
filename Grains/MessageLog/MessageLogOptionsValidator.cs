using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansChat.Grains.MessageLog;

/// <summary>Rejects settings that cannot work at startup. The failures name each of them.</summary>
internal sealed class MessageLogOptionsValidator : IValidateOptions<MessageLogOptions>
{
    public ValidateOptionsResult Validate(string? name, MessageLogOptions options)
    {
        var outOfRange = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), outOfRange, validateAllProperties: true);
        var failures = outOfRange
            .Select(failure => $"{MessageLogOptions.Section}:{failure.MemberNames.FirstOrDefault()}: {failure.ErrorMessage}").ToList();

        if (!Enum.IsDefined(options.Store))
        {
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.Store)} must be sqlite, postgres or memory, not {options.Store}.");
        }

        if (!Enum.IsDefined(options.Synchronous))
        {
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.Synchronous)} must be full or normal, not {options.Synchronous}.");
        }

        if (options.Store == MessageLogStore.Sqlite && string.IsNullOrWhiteSpace(options.Path))
        {
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.Path)} is required if {MessageLogOptions.Section}:Store is sqlite. Set it to the path of the database file.");
        }

        if (options.Store == MessageLogStore.Postgres && string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.ConnectionString)} is required if {MessageLogOptions.Section}:Store is postgres. Set it to the connection string of the database.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
