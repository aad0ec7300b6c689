using Microsoft.Extensions.Logging;

namespace OrleansChat.ProcessHosting;

public static class HealthLogging
{
    /// <summary>
    /// Turns off the framework's log message for each failed health check. The response of the health check has the
    /// reason, and the component that fails writes to the log when the failure begins and ends.
    /// </summary>
    public static void QuietHealthChecks(this ILoggingBuilder logging) => logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
}
