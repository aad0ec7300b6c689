using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace OrleansChat.Streams;

/// <summary>
/// Validates <see cref="PushStreamOptions"/>. Each failure names the provider, the setting, its value and what it must
/// be.
/// </summary>
internal sealed class PushStreamOptionsValidator : IValidateOptions<PushStreamOptions>
{
    public ValidateOptionsResult Validate(string? name, PushStreamOptions options)
    {
        var failures = new List<ValidationResult>();
        if (Validator.TryValidateObject(options, new ValidationContext(options), failures, validateAllProperties: true))
        {
            return options.MaxReadCount <= options.EventsPerStream
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(
                    $"Stream provider '{name}': MaxReadCount ({options.MaxReadCount}) must not exceed EventsPerStream ({options.EventsPerStream}): " +
                    "one read could overrun a stream whose consumers are not behind. Lower MaxReadCount, or raise EventsPerStream.");
        }

        return ValidateOptionsResult.Fail(failures.Select(failure =>
        {
            var setting = failure.MemberNames.First();
            var value = typeof(PushStreamOptions).GetProperty(setting)!.GetValue(options);
            return $"Stream provider '{name}': {failure.ErrorMessage} It is {value}.";
        }));
    }
}
