using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V3;

/// <content>READDIR, READDIRPLUS, FSSTAT, FSINFO, PATHCONF.</content>
internal sealed partial class Nfs3Program
{
    /// <summary>Where entries lie in their reply buffer.</summary>
    private const int EntriesAt = 192;

    /// <summary>Cookies stay good for the life of an entry, so one verifier does for all; it is never compared, as clients would stop in the middle of a listing.</summary>
    private const ulong CookieVerifier = 1;

    /// <summary>FSINFO: LINK, SYMLINK, HOMOGENEOUS, CANSETTIME.</summary>
    private const uint Properties = 0x1 | 0x2 | 0x8 | 0x10;

    private const uint TransferMultiple = 4096;
    private const uint ListingPreferred = 64 << 10;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadDirectory(RpcCall call, bool isPlus)
    {
        if (!TryReadListing(call, isPlus, out var handle, out var cookie, out var names, out var total))
            return;
        var directory = await Find(call, handle).ConfigureAwait(false);
        if (!directory.IsOk)
            return;
        var error = !directory.Value.Node.Id.IsDirectory ? Errno.ENOTDIR
            : cookie > long.MaxValue ? NfsErrors.BadCookie
            : total < Nfs3Wire.ListingFrame ? NfsErrors.TooSmall : Errno.None;
        Result<NfsFile> file = error;
        if (error == Errno.None)
            file = await loop.Open(call, directory.Value, isWritable: false, call.Attributes).ConfigureAwait(false);
        if (!file.IsOk)
        {
            Fail(call, file.Error, directory.Value);
            return;
        }

        var room = (int)Math.Min(total, (uint)call.Transport.MaxTransfer) - Nfs3Wire.ListingFrame;
        var buffer = call.Buffer = loop.Loop.Buffers.Rent(EntriesAt + room + 8);
        call.Transport.Hold(call, buffer.Capacity);
        // Attributes and handles only for who may search the directory.
        var may = isPlus && await directory.Value.Volume.Access(call.Who, directory.Value.Node, 1).ConfigureAwait(false) is { IsOk: true, Value: 1 };
        var sink = new EntrySink3(directory.Value, buffer.Slice(EntriesAt, room), isPlus ? names : uint.MaxValue, isPlus, may, call.Attributes, loop.Signer);
        try
        {
            error = await directory.Value.Volume.ReadDirectory(file.Value.File, (long)cookie, sink).ConfigureAwait(false);
        }
        finally
        {
            loop.Done(directory.Value, file.Value);
        }

        if (error == Errno.None && sink.Used == 0 && sink.IsFull)
            error = NfsErrors.TooSmall;
        if (error == Errno.None)
            SendEntries(call, directory.Value, sink);
        else
            Fail(call, error, directory.Value);
    }

    private static void SendEntries(RpcCall call, NfsObject directory, EntrySink3 sink)
    {
        Span<byte> head = stackalloc byte[4 + Nfs3Wire.PostOperation + 8];
        var writer = new XdrWriter(head);
        writer.U32(Nfs3Status.Ok);
        Nfs3Wire.WritePost(ref writer, call.Attributes, directory.FileSystem);
        writer.U64(CookieVerifier);
        var end = new XdrWriter(call.Buffer!.GetSpan()[(EntriesAt + sink.Used)..]);
        end.U32(0);
        end.U32(sink.IsFull ? 0u : 1);
        call.SendAround(head, EntriesAt, sink.Used + 8);
    }

    /// <summary>READDIR: <c>handle | cookie (8) | verifier (8) | count</c>; READDIRPLUS: two counts, the first over names only.</summary>
    private static bool TryReadListing(RpcCall call, bool isPlus, out ReadOnlyMemory<byte> handle, out ulong cookie, out uint names, out uint total)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.Opaque(Nfs3Wire.MaxHandle));
        cookie = reader.U64();
        _ = reader.U64();
        names = isPlus ? reader.U32() : 0;
        total = reader.U32();
        // Some clients leave the first count out of account.
        if (names == 0)
            names = uint.MaxValue;
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FileSystemStatistics(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await Find(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var found = await target.Value.Volume.GetStatistics(call.Who, target.Value.Node).ConfigureAwait(false);
        if (!found.IsOk)
        {
            Fail(call, found.Error, target.Value);
            return;
        }

        var s = found.Value;
        var writer = BeginPost(call, Errno.None, target.Value, 52);
        writer.U64(s.Blocks * s.BlockSize);
        writer.U64(s.FreeBlocks * s.BlockSize);
        writer.U64(s.AvailableBlocks * s.BlockSize);
        writer.U64(s.Files);
        writer.U64(s.FreeFiles);
        writer.U64(s.FreeFiles);
        writer.U32(0);
        call.End(writer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FileSystemInformation(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await Find(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var transfer = (uint)call.Transport.MaxTransfer;
        var writer = BeginPost(call, Errno.None, target.Value, 48);
        for (var i = 0; i < 2; i++)
        {
            writer.U32(transfer);
            writer.U32(transfer);
            writer.U32(TransferMultiple);
        }

        writer.U32(ListingPreferred);
        writer.U64(long.MaxValue);
        writer.U32(0);
        writer.U32(1);
        writer.U32(Properties);
        call.End(writer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PathConfiguration(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await Find(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var writer = BeginPost(call, Errno.None, target.Value, 24);
        writer.U32(65000);
        writer.U32(FileName.MaximumLength);
        // No truncation of names, only root gives files away, case counts and stays.
        writer.U32(1);
        writer.U32(1);
        writer.U32(0);
        writer.U32(1);
        call.End(writer);
    }
}
