using OrleansChat.TestSupport.Deploy;

namespace OrleansChat.EndToEnd.Tests.Deploy;

/// <summary>Both images, in a form that this machine can run.</summary>
internal interface IImages
{
    /// <summary>The variables that the command needs besides the environment of this process.</summary>
    IReadOnlyDictionary<string, string>? Engine { get; }

    /// <summary>
    /// The command that runs a workload's image in the foreground. SIGTERM ends the command, and its exit code is the
    /// exit code of the program.
    /// </summary>
    /// <param name="mounts">The mounts: for each path in the container, its source on this machine.</param>
    string[] Command(Workload workload, string name, IReadOnlyDictionary<string, string> environment, IReadOnlyDictionary<string, string> mounts);

    /// <summary>
    /// Removes everything that remains of a workload that ran under this name. Does nothing if nothing remains.
    /// </summary>
    Task RemoveAsync(string name);
}
