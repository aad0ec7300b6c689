using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>The images of the silo and of the gateway, in a form that this machine can run.</summary>
internal interface IImages
{
    /// <summary>
    /// The environment variables that the command from <see cref="Command"/> needs, besides those of this process. Null
    /// if it needs none.
    /// </summary>
    IReadOnlyDictionary<string, string>? Engine { get; }

    /// <summary>
    /// Returns the command that runs a workload's image in the foreground. SIGTERM ends the command. The exit code of
    /// the command is the exit code of the program in the image.
    /// </summary>
    /// <param name="mounts">The paths to mount in the container, each with its source on this machine.</param>
    string[] Command(Workload workload, string name, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> mounts);

    /// <summary>
    /// Removes everything that remains of a workload that ran under this name. Does nothing if nothing remains.
    /// </summary>
    Task RemoveAsync(string name);
}
