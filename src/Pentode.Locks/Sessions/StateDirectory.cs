using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pentode.Core;
using Pentode.Linux;

namespace Pentode.Locks.Sessions;

/// <summary>
/// The directory a lock node keeps its state in, held by an exclusive flock(2) on the file <c>node.lock</c> in it. Whoever has it knows that no
/// earlier daemon of this directory is alive any more.
/// </summary>
public sealed class StateDirectory : IDisposable
{
    private const int ExclusiveWithoutWaiting = 2 | 4;
    private const int OwnerOnly = 0x180;
    private int _file;

    private StateDirectory(string path, string identity, int file)
    {
        Path = path;
        Identity = identity;
        _file = file;
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>
    /// This run of this machine and this directory: two daemons of one identity cannot live at one time. The directory's part is random and kept in it, so
    /// that two hosts or containers with like-named directories differ.
    /// </summary>
    public string Identity { get; }

    /// <summary>Creates the directory if need be (mode 0700) and takes it; throws <see cref="IOException"/> with words for the user when that cannot be done.</summary>
    public static StateDirectory Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"cannot create {path}: permission denied", e);
        }

        var name = System.IO.Path.Combine(path, "node.lock");
        var file = FileCalls.Open(name, FileCalls.O_RDWR | FileCalls.O_CREAT, OwnerOnly);
        if (file < 0)
            throw new IOException($"cannot open {name}: {(Errno)(-file)}");
        var locked = FileCalls.Flock(file, ExclusiveWithoutWaiting);
        if (locked < 0)
        {
            var holder = ReadHolder(file);
            _ = FileCalls.Close(file);
            throw new IOException(locked == -(int)Errno.EAGAIN
                ? $"cannot use {path}: another daemon{(holder.Length > 0 ? $" (process {holder})" : string.Empty)} runs on this state directory; stop it or give this one another directory"
                : $"cannot lock {name}: {(Errno)(-locked)}");
        }

        _ = FileCalls.Ftruncate(file, 0);
        _ = FileCalls.Pwrite(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
        return new StateDirectory(path, $"{BootId()}/{NodeId(path)}", file);
    }

    /// <summary>Which run of this machine, from the kernel; empty where it does not say.</summary>
    public static string BootId()
    {
        const string path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(path) ? File.ReadAllText(path).Trim() : string.Empty;
    }

    /// <summary>Lets the directory go.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _file, -1) is >= 0 and var file)
            _ = FileCalls.Close(file);
    }

    private static string NodeId(string path)
    {
        var name = System.IO.Path.Combine(path, "node.id");
        if (File.Exists(name) && File.ReadAllText(name).Trim() is { Length: > 0 } known)
            return known;
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(name, id + "\n");
        return id;
    }

    private static string ReadHolder(int file)
    {
        Span<byte> text = stackalloc byte[16];
        var count = FileCalls.Pread(file, text, 0);
        return count > 0 ? Encoding.ASCII.GetString(text[..count]).Trim() : string.Empty;
    }
}
