namespace OrleansChat.Grains.MessageLog.Sqlite;

/// <summary>
/// File permissions that let only the silo's user read the database. Directories are created with mode 0700 and files
/// with 0600, regardless of the umask.
/// </summary>
internal static class SqlitePermissions
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>
    /// Creates the directory of a file if it is missing. The permissions of an existing directory are not changed.
    /// </summary>
    public static void CreateDirectory(string path)
    {
        if (Path.GetDirectoryName(path) is not { Length: > 0 } directory)
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, OwnersFile | UnixFileMode.UserExecute);
        }
    }

    /// <summary>
    /// Opens a file for reading and writing, and creates it if it is missing. SQLite creates -wal and -shm with the
    /// mode of the database file.
    /// </summary>
    public static FileStream Open(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnersFile;
        }

        return new(path, options);
    }

    /// <summary>
    /// Removes the permissions that a file gives to users who are neither its owner nor in its group. An earlier
    /// version of OrleansChat may have created the file with such permissions.
    /// </summary>
    public static void Restrict(string path)
    {
        if (OperatingSystem.IsWindows() || !File.Exists(path))
        {
            return;
        }

        try
        {
            var mode = File.GetUnixFileMode(path);
            if ((mode & Others) != 0)
            {
                File.SetUnixFileMode(path, mode & ~Others);
            }
        }
        catch (UnauthorizedAccessException)
        {
            // The file belongs to another user, so the silo's user cannot change its mode. The silo's user may still be
            // able to write the file.
        }
    }
}
