using Pentode.Core;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Client;

/// <content>Opening, reading, writing, listing.</content>
public sealed partial class NinePClient
{
    /// <summary>Bytes of one Treaddir at most.</summary>
    private const int MaxEntryBytes = 128 << 10;

    /// <summary>Opens the file of a fid. <paramref name="flags"/> as in open(2) of Linux on x86.</summary>
    public ValueTask<Result<NinePOpened>> Open(uint fid, uint flags, CancellationToken cancel = default)
    {
        var error = Start(new Tlopen { Fid = fid, Flags = flags }, cancel, out var call);
        return error == Errno.None ? new ValueTask<Result<NinePOpened>>(call, call.Version) : Failed<NinePOpened>(error);
    }

    /// <summary>Creates and opens a file in the directory of a fid, which then names the file.</summary>
    public ValueTask<Result<NinePOpened>> Create(uint fid, ReadOnlySpan<byte> name, uint flags, uint mode, uint gid, CancellationToken cancel = default)
    {
        var error = Start(new Tlcreate { Fid = fid, Name = name, Flags = flags, Mode = mode, Gid = gid }, cancel, out var call);
        return error == Errno.None ? new ValueTask<Result<NinePOpened>>(call, call.Version) : Failed<NinePOpened>(error);
    }

    /// <summary>Reads at an offset: the bytes read, fewer than asked for at any time, 0 at the end. At most <see cref="MaxPayload"/> are asked for.</summary>
    public ValueTask<Result<int>> Read(uint fid, Memory<byte> destination, long offset, CancellationToken cancel = default)
    {
        if (destination.Length > MaxPayload)
            destination = destination[..MaxPayload];
        var error = Start(new Tread { Fid = fid, Offset = (ulong)offset, Count = (uint)destination.Length }, cancel, out var call);
        if (error != Errno.None)
            return Failed<int>(error);
        call.Destination = destination;
        return new ValueTask<Result<int>>(call, call.Version);
    }

    /// <summary>Writes at an offset: the bytes written, fewer than given at any time. At most <see cref="MaxPayload"/> are sent.</summary>
    public ValueTask<Result<int>> Write(uint fid, ReadOnlyMemory<byte> data, long offset, CancellationToken cancel = default)
    {
        if (data.Length > MaxPayload)
            data = data[..MaxPayload];
        Errno error;
        NinePCall call;
        if (data.Length <= CopyLimit)
        {
            error = Start(new Twrite { Fid = fid, Offset = (ulong)offset, Data = data.Span }, cancel, out call);
        }
        else
        {
            error = Begin(P9Type.Twrite, cancel, out call);
            if (error == Errno.None)
                AppendWrite(call, fid, (ulong)offset, data);
        }

        if (error != Errno.None)
            return Failed<int>(error);
        call.Limit = data.Length;
        return new ValueTask<Result<int>>(call, call.Version);
    }

    /// <summary>Appends the entries after <paramref name="cookie"/> (0: from the start) to a list and returns how many; 0 at the end.</summary>
    public ValueTask<Result<int>> ReadEntries(uint fid, ulong cookie, List<NinePEntry> entries, CancellationToken cancel = default)
    {
        var count = Math.Min(MaxEntryBytes, _msize - P9Limits.IoHeaderSize);
        var error = Start(new Treaddir { Fid = fid, Offset = cookie, Count = (uint)count }, cancel, out var call);
        if (error != Errno.None)
            return Failed<int>(error);
        call.Limit = count;
        call.Number = 0;
        call.Entries = entries;
        return new ValueTask<Result<int>>(call, call.Version);
    }

    /// <summary>Makes a file durable; with <paramref name="dataOnly"/> only its content.</summary>
    public ValueTask<Errno> Fsync(uint fid, bool dataOnly, CancellationToken cancel = default) =>
        Plain(Start(new Tfsync { Fid = fid, Datasync = dataOnly ? 1u : 0 }, cancel, out var call), call);

    /// <summary>Takes or releases a byte-range lock; with <paramref name="wait"/> the server may hold the answer for a while.</summary>
    public ValueTask<Result<NinePLockStatus>> Lock(uint fid, NinePLock range, bool wait, CancellationToken cancel = default)
    {
        var message = new Tlock
        {
            Fid = fid, Kind = range.Kind, Flags = wait ? 1u : 0, Start = range.Start, Length = range.Length, ProcId = range.ProcessId,
            ClientId = System.Text.Encoding.UTF8.GetBytes(range.ClientId),
        };
        var error = Start(message, cancel, out var call);
        return error == Errno.None ? new ValueTask<Result<NinePLockStatus>>(call, call.Version) : Failed<NinePLockStatus>(error);
    }

    /// <summary>Who holds a lock that conflicts; <see cref="NinePLock.Unlock"/> when nobody does.</summary>
    public ValueTask<Result<NinePLock>> GetLock(uint fid, NinePLock range, CancellationToken cancel = default)
    {
        var message = new Tgetlock
        {
            Fid = fid, Kind = range.Kind, Start = range.Start, Length = range.Length, ProcId = range.ProcessId,
            ClientId = System.Text.Encoding.UTF8.GetBytes(range.ClientId),
        };
        var error = Start(message, cancel, out var call);
        return error == Errno.None ? new ValueTask<Result<NinePLock>>(call, call.Version) : Failed<NinePLock>(error);
    }

    private static ValueTask<Errno> Plain(Errno error, NinePCall call) =>
        error == Errno.None ? new ValueTask<Errno>(call, call.Version) : new ValueTask<Errno>(error);
}
