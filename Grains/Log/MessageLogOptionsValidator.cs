using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansChat.Grains.Log;

/// <summary>Refuses a start whose settings cannot work, and names each of them.</summary>
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
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.Store)} is sqlite, postgres or memory, not {options.Store}.");
        }

        if (!Enum.IsDefined(options.Synchronous))
        {
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.Synchronous)} is full or normal, not {options.Synchronous}.");
        }

        if (options.Store == LogStore.Sqlite && string.IsNullOrWhiteSpace(options.Path))
        {
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.Path)} is needed when {MessageLogOptions.Section}:Store is sqlite.");
        }

        if (options.Store == LogStore.Postgres && string.IsNullOrWhiteSpace(options.ConnectionString))
        {
            failures.Add($"{MessageLogOptions.Section}:{nameof(options.ConnectionString)} is needed when {MessageLogOptions.Section}:Store is postgres.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
