using Pentode.Blocks;
using Pentode.Blocks.File;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Linux;
using Pentode.Nbd.Client;
using Pentode.Uring;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>One side of a copy: an export of a server, or a file or device of this host.</summary>
internal sealed class CopyEnd : IAsyncDisposable
{
    private const uint NewFileMode = 0x1B6; // rw for all, less the umask

    private readonly NbdBackend? _remote;

    private CopyEnd(string name, IBlockBackend backend, bool isZero)
    {
        Name = name;
        Backend = backend;
        IsZero = isZero;
        _remote = backend as NbdBackend;
    }

    /// <summary>As the user wrote it.</summary>
    public string Name { get; }

    /// <summary>The disk.</summary>
    public IBlockBackend Backend { get; }

    /// <summary>It is known to read as zero.</summary>
    public bool IsZero { get; }

    /// <summary>Loops it can be used from at full speed.</summary>
    public int Loops => _remote?.Connections ?? int.MaxValue;

    /// <summary>Why its connection ended, if it did.</summary>
    public string? Problem => _remote?.Problem?.Message;

    /// <summary>Opens a side to read from.</summary>
    public static async Task<(CopyEnd? End, string? Problem)> OpenSourceAsync(string name, IReadOnlyList<IoLoop> loops)
    {
        if (NbdUri.LooksLikeUri(name))
            return await OpenRemoteAsync(name, loops).ConfigureAwait(false);
        var opened = FileBackend.Open(name, readOnly: true);
        return opened.IsOk ? (new CopyEnd(name, opened.Value, isZero: false), null) : (null, $"{name}: {ErrnoText.Describe(opened.Error)}");
    }

    /// <summary>Opens a side to write <paramref name="size"/> bytes to. Nothing is changed before it is known to be large enough; then a regular file is emptied and gets that size.</summary>
    public static async Task<(CopyEnd? End, string? Problem)> OpenTargetAsync(string name, long size, IReadOnlyList<IoLoop> loops)
    {
        CopyEnd? end;
        string? problem;
        if (NbdUri.LooksLikeUri(name))
        {
            (end, problem) = await OpenRemoteAsync(name, loops).ConfigureAwait(false);
        }
        else
        {
            var isNew = MakeFile(name, size, out var error);
            if (error != Errno.None)
                return (null, $"{name}: {ErrnoText.Describe(error)}");
            var opened = FileBackend.Open(name, readOnly: false);
            (end, problem) = opened.IsOk ? (new CopyEnd(name, opened.Value, isNew), (string?)null) : (null, $"{name}: {ErrnoText.Describe(opened.Error)}");
        }

        if (end is null)
            return (null, problem);
        problem = end.Backend.Info.IsReadOnly ? $"{name} is read-only"
            : end.Backend.Info.Size < size ? $"{name} is too small: it has {end.Backend.Info.Size} bytes, the source has {size}"
            : size % end.Backend.Info.MinimumBlock != 0 ? $"{name} takes blocks of {end.Backend.Info.MinimumBlock} bytes, and the source's {size} bytes are no multiple of it"
            : null;
        if (problem is null)
            return (end, null);
        await end.DisposeAsync().ConfigureAwait(false);
        return (null, problem);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Backend.DisposeAsync();

    private static async Task<(CopyEnd? End, string? Problem)> OpenRemoteAsync(string name, IReadOnlyList<IoLoop> loops)
    {
        if (!NbdUri.TryParse(name, out var uri, out var malformed))
            return (null, malformed);
        var (backend, problem) = await NbdBackend.ConnectAsync(loops, uri).ConfigureAwait(false);
        return backend is null ? (null, problem!.Message) : (new CopyEnd(name, backend, isZero: false), null);
    }

    // True for a regular file, which is all zero then.
    private static bool MakeFile(string name, long size, out Errno error)
    {
        var file = FileCalls.Open(name, FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_NONBLOCK, NewFileMode);
        error = file < 0 ? (Errno)(-file) : Errno.None;
        if (file < 0)
            return false;
        var isRegular = FileCalls.IsRegular(file);
        if (isRegular)
        {
            var result = FileCalls.Ftruncate(file, 0);
            if (result == 0)
                result = FileCalls.Ftruncate(file, size);
            error = result < 0 ? (Errno)(-result) : Errno.None;
        }

        FileCalls.Close(file);
        return isRegular;
    }
}
