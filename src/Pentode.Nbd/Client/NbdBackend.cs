using System.Runtime.CompilerServices;
using Pentode.Blocks;
using Pentode.Core;
using Pentode.Nbd.Wire;
using Pentode.Uring;

namespace Pentode.Nbd.Client;

/// <summary>
/// An export of another server as a block backend. Has one connection for each loop it was given, or one for all when the server's
/// connections do not see each other's writes. A call on a loop with a connection uses that one; other callers travel to a connection and back.
/// After a connection ended its calls fail with EIO; <see cref="Problem"/> tells why.
/// </summary>
public sealed class NbdBackend : IBlockBackend
{
    private const int ZeroPieceBytes = 1 << 20;

    // Only read; pinned because the kernel reads it while the collector may run.
    private static readonly byte[] s_zeroes = GC.AllocateArray<byte>(ZeroPieceBytes, pinned: true);

    private readonly NbdClient[] _clients;
    private readonly Stack<NbdHop> _hops = new();
    private readonly int _allocation;
    private int _turn;

    private NbdBackend(NbdClient[] clients)
    {
        _clients = clients;
        foreach (var client in clients)
            client.IsDisk = true;
        Export = clients[0].Export;
        _allocation = Export.ContextIndex(NbdClientOptions.BaseAllocation);
        Info = new BlockInfo
        {
            // A rest smaller than a block cannot be addressed.
            Size = Export.Size & ~(Export.MinimumBlock - 1L),
            MinimumBlock = Export.MinimumBlock,
            PreferredBlock = Export.PreferredBlock,
            IsReadOnly = Export.IsReadOnly,
            CanTrim = Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_TRIM),
            CanFastZero = Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_WRITE_ZEROES | NbdTransmissionFlags.NBD_FLAG_SEND_FAST_ZERO),
            IsRotational = Export.Can(NbdTransmissionFlags.NBD_FLAG_ROTATIONAL),
        };
    }

    /// <inheritdoc/>
    public BlockInfo Info { get; }

    /// <summary>What the server told.</summary>
    public NbdExportInfo Export { get; }

    /// <summary>Connections in use.</summary>
    public int Connections => _clients.Length;

    /// <summary>Why a connection ended, or null while all live. Any thread.</summary>
    public NbdProblem? Problem => _clients.Select(c => c.Problem).FirstOrDefault(p => p is not null);

    /// <summary>Connects on <paramref name="loops"/>, which may name one loop several times. Any thread but a loop's.</summary>
    public static async Task<(NbdBackend? Backend, NbdProblem? Problem)> ConnectAsync(IReadOnlyList<IoLoop> loops, NbdUri uri, NbdClientOptions? options = null)
    {
        var clients = new List<NbdClient>();
        foreach (var loop in loops)
        {
            if (clients.Count > 0 && !clients[0].Export.CanMultiConnect)
                break;
            var (client, problem) = await NbdClient.ConnectAsync(loop, uri, options).ConfigureAwait(false);
            if (client is not null)
                clients.Add(client);
            if (client is not null && client.Export.Size == clients[0].Export.Size && client.Export.Flags == clients[0].Export.Flags)
                continue;
            problem ??= new NbdProblem(Errno.ESTALE, $"{uri}: the export changed between two connections");
            foreach (var made in clients)
                await made.DisposeAsync().ConfigureAwait(false);
            return (null, problem);
        }

        return (new NbdBackend([.. clients]), null);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Read(Memory<byte> buffer, long offset) => Start(NbdCommand.NBD_CMD_READ, 0, offset, buffer.Length, target: buffer);

    /// <inheritdoc/>
    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua) =>
        fua && !Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_FUA)
            ? ThenFlush(Start(NbdCommand.NBD_CMD_WRITE, 0, offset, buffer.Length, payload: buffer))
            : Start(NbdCommand.NBD_CMD_WRITE, Fua(fua), offset, buffer.Length, payload: buffer);

    /// <inheritdoc/>
    public ValueTask<Errno> Flush() => Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_FLUSH) ? Start(NbdCommand.NBD_CMD_FLUSH, 0, 0, 0) : default;

    /// <inheritdoc/>
    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags)
    {
        var fua = (flags & ZeroFlags.Fua) != 0;
        var fast = (flags & ZeroFlags.Fast) != 0;
        if (fast && !Info.CanFastZero)
            return new(Errno.EOPNOTSUPP);
        if (fua && !Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_FUA))
            return ThenFlush(Zero(offset, length, flags & ~ZeroFlags.Fua));
        if (!Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_WRITE_ZEROES))
            return WriteZeroes(offset, length, fua);
        var wire = Fua(fua) | (fast ? NbdCommandFlags.NBD_CMD_FLAG_FAST_ZERO : 0) | ((flags & ZeroFlags.NoHole) != 0 ? NbdCommandFlags.NBD_CMD_FLAG_NO_HOLE : 0);
        var zeroing = Start(NbdCommand.NBD_CMD_WRITE_ZEROES, wire, offset, length);
        return fast ? zeroing : OrWriteZeroes(zeroing, offset, length, fua);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Trim(long offset, long length, bool fua)
    {
        if (!Info.CanTrim)
            return fua ? Flush() : default;
        return fua && !Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_FUA)
            ? ThenFlush(Start(NbdCommand.NBD_CMD_TRIM, 0, offset, length))
            : Start(NbdCommand.NBD_CMD_TRIM, Fua(fua), offset, length);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Cache(long offset, long length) =>
        Export.Can(NbdTransmissionFlags.NBD_FLAG_SEND_CACHE) ? Start(NbdCommand.NBD_CMD_CACHE, 0, offset, length) : default;

    /// <inheritdoc/>
    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents)
    {
        if (_allocation >= 0)
            return AskExtents(offset, length, maxExtents, extents);
        extents.Add(new BlockExtent(length, IsHole: false, IsZero: false));
        return default;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Task.WhenAll(_clients.Select(c => c.DisposeAsync().AsTask())).ConfigureAwait(false);

    private static NbdCommandFlags Fua(bool fua) => fua ? NbdCommandFlags.NBD_CMD_FLAG_FUA : NbdCommandFlags.None;

    private ValueTask<Errno> Start(
        NbdCommand type, NbdCommandFlags flags, long offset, long length, Memory<byte> target = default, ReadOnlyMemory<byte> payload = default,
        List<NbdExtent>? extents = null, int maxExtents = 0)
    {
        var first = _clients.Length == 1 ? 0 : (int)((uint)Interlocked.Increment(ref _turn) % (uint)_clients.Length);
        var client = _clients[first];
        for (var i = 0; i < _clients.Length; i++)
        {
            var candidate = _clients[first + i < _clients.Length ? first + i : first + i - _clients.Length];
            if (!candidate.Loop.IsCurrent)
                continue;
            return NbdHop.Direct(candidate, type, flags, offset, length, target, payload, extents, maxExtents);
        }

        return NbdHop.Start(_hops, client, type, flags, offset, length, target, payload, extents, maxExtents);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> ThenFlush(ValueTask<Errno> change)
    {
        var error = await change.ConfigureAwait(false);
        return error == Errno.None ? await Flush().ConfigureAwait(false) : error;
    }

    // Some servers advertise the command and then refuse it (nbdkit with the oldstyle handshake): writing gives the same content.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> OrWriteZeroes(ValueTask<Errno> zeroing, long offset, long length, bool fua)
    {
        var error = await zeroing.ConfigureAwait(false);
        return error is Errno.EINVAL or Errno.EOPNOTSUPP ? await WriteZeroes(offset, length, fua).ConfigureAwait(false) : error;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> WriteZeroes(long offset, long length, bool fua)
    {
        while (length > 0)
        {
            var part = (int)Math.Min(length, ZeroPieceBytes);
            var error = await Start(NbdCommand.NBD_CMD_WRITE, Fua(fua), offset, part, payload: s_zeroes.AsMemory(0, part)).ConfigureAwait(false);
            if (error != Errno.None)
                return error;
            offset += part;
            length -= part;
        }

        return Errno.None;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> AskExtents(long offset, long length, int maxExtents, List<BlockExtent> extents)
    {
        var found = new List<NbdExtent>();
        var flags = maxExtents == 1 ? NbdCommandFlags.NBD_CMD_FLAG_REQ_ONE : NbdCommandFlags.None;
        var error = await Start(NbdCommand.NBD_CMD_BLOCK_STATUS, flags, offset, length, extents: found, maxExtents: maxExtents).ConfigureAwait(false);
        foreach (var extent in found)
        {
            if (error == Errno.None && extent.Context == _allocation)
                extents.Add(new BlockExtent(extent.Length, (extent.Status & NbdWire.NBD_STATE_HOLE) != 0, (extent.Status & NbdWire.NBD_STATE_ZERO) != 0));
        }

        return error;
    }
}
