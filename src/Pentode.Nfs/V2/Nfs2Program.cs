using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V2;

/// <summary>NFS version 2 (RFC 1094), on the same handles and rules as version 3. Writes are durable before they are answered.</summary>
internal sealed partial class Nfs2Program(NfsLoop loop) : IRpcProgram
{
    /// <summary>Longest path of a symbolic link.</summary>
    private const int MaxPath = 1024;

    /// <inheritdoc/>
    public uint Number => RpcConstants.NfsProgram;

    /// <inheritdoc/>
    public uint LowestVersion => 2;

    /// <inheritdoc/>
    public uint HighestVersion => 2;

    /// <inheritdoc/>
    public int ProceduresOf(uint version) => 18;

    /// <inheritdoc/>
    public bool IsOpenToAll(RpcCall call) => (Nfs2Procedure)call.Procedure is Nfs2Procedure.Null or Nfs2Procedure.StatFs;

    /// <inheritdoc/>
    public bool MustNotRepeat(RpcCall call) => (Nfs2Procedure)call.Procedure is Nfs2Procedure.SetAttr or Nfs2Procedure.Write or Nfs2Procedure.Create
        or Nfs2Procedure.Remove or Nfs2Procedure.Rename or Nfs2Procedure.Link or Nfs2Procedure.SymLink or Nfs2Procedure.MkDir or Nfs2Procedure.RmDir;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> FirstHandle(RpcCall call)
    {
        var reader = new XdrReader(call.Arguments.Span);
        return reader.FixedOpaque(Nfs2Wire.Handle);
    }

    /// <inheritdoc/>
    public bool AnswerDone(RpcCall call)
    {
        if ((Nfs2Procedure)call.Procedure is not (Nfs2Procedure.Remove or Nfs2Procedure.RmDir or Nfs2Procedure.Rename or Nfs2Procedure.Link or Nfs2Procedure.SymLink))
            return false;
        call.Answer(Nfs2Status.Ok);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask Run(RpcCall call)
    {
        switch ((Nfs2Procedure)call.Procedure)
        {
            case Nfs2Procedure.GetAttr:
                return GetAttributes(call);
            case Nfs2Procedure.SetAttr:
                return SetAttributes(call);
            case Nfs2Procedure.Lookup:
                return Lookup(call);
            case Nfs2Procedure.ReadLink:
                return ReadLink(call);
            case Nfs2Procedure.Read:
                return Read(call);
            case Nfs2Procedure.Write:
                return Write(call);
            case Nfs2Procedure.Create:
                return Create(call);
            case Nfs2Procedure.Remove:
                return Remove(call, isDirectory: false);
            case Nfs2Procedure.RmDir:
                return Remove(call, isDirectory: true);
            case Nfs2Procedure.Rename:
                return Rename(call);
            case Nfs2Procedure.Link:
                return Link(call);
            case Nfs2Procedure.SymLink:
                return MakeSymbolicLink(call);
            case Nfs2Procedure.MkDir:
                return MakeDirectory(call);
            case Nfs2Procedure.ReadDir:
                return ReadDirectory(call);
            case Nfs2Procedure.StatFs:
                return Statistics(call);
            default:
                // NULL, and ROOT and WRITECACHE, which were given up before anybody used them.
                call.Answer(AcceptStatus.Success);
                return default;
        }
    }

    private static void Garbage(RpcCall call) => call.Answer(AcceptStatus.GarbageArguments);

    /// <summary>Answers with a status alone; what would be better asked again is not answered.</summary>
    private static void Answer(RpcCall call, Errno error)
    {
        if (!Nfs2Status.IsLater(error))
            call.Answer(Nfs2Status.Of(error));
        else
            call.Status = uint.MaxValue;
    }

    private static bool TryReadHandle(RpcCall call, out ReadOnlyMemory<byte> handle)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    /// <summary>diropargs: <c>handle | name&lt;255&gt;</c>.</summary>
    private static bool TryReadName(RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        name = call.Name(reader.Opaque(int.MaxValue));
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    /// <summary>attrstat: status and attributes.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AnswerAttributes(RpcCall call, NfsObject target)
    {
        var attributes = await loop.Stat(target).ConfigureAwait(false);
        if (!attributes.IsOk)
        {
            Answer(call, attributes.Error);
            return;
        }

        var writer = call.Begin(4 + Nfs2Wire.Attributes);
        writer.U32(Nfs2Status.Ok);
        Nfs2Wire.WriteAttributes(ref writer, attributes.Value, target.FileSystem);
        call.End(writer);
    }

    /// <summary>diropres: status, handle, attributes.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AnswerFound(RpcCall call, Result<NfsObject> found)
    {
        Result<FileAttributes> attributes = found.Error;
        if (found.IsOk)
            attributes = call.KnownAttributes is { } known ? known : await loop.Stat(found.Value).ConfigureAwait(false);
        if (!attributes.IsOk)
        {
            Answer(call, attributes.Error);
            return;
        }

        var writer = call.Begin(4 + Nfs2Wire.Handle + Nfs2Wire.Attributes);
        writer.U32(Nfs2Status.Ok);
        writer.FixedOpaque(found.Value.Handle);
        Nfs2Wire.WriteAttributes(ref writer, attributes.Value, found.Value.FileSystem);
        call.End(writer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask GetAttributes(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        if (target.IsOk)
            await AnswerAttributes(call, target.Value).ConfigureAwait(false);
        else
            Answer(call, target.Error);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SetAttributes(RpcCall call)
    {
        if (!TryReadChange(call, out var handle, out var change))
        {
            Garbage(call);
            return;
        }

        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = target.Error;
        if (error == Errno.None)
            error = await loop.ChangeAttributes(call, target.Value, change).ConfigureAwait(false);
        if (error == Errno.None)
            await AnswerAttributes(call, target.Value).ConfigureAwait(false);
        else
            Answer(call, error);
    }

    private static bool TryReadChange(RpcCall call, out ReadOnlyMemory<byte> handle, out AttributeChange change)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.FixedOpaque(Nfs2Wire.Handle));
        change = Nfs2Wire.ReadChange(ref reader, out _);
        return reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Lookup(RpcCall call)
    {
        if (!TryReadName(call, out var handle, out var name))
            return;
        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        var found = directory.IsOk ? await loop.Lookup(call, directory.Value, name).ConfigureAwait(false) : directory;
        await AnswerFound(call, found).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadLink(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        Result<byte[]> path = target.Error;
        if (target.IsOk)
            path = await target.Value.Volume.ReadLink(call.Who, target.Value.Node).ConfigureAwait(false);
        if (path.IsOk && path.Value.Length > MaxPath)
            path = Errno.ENAMETOOLONG;
        if (!path.IsOk)
        {
            Answer(call, path.Error);
            return;
        }

        var writer = call.Begin(12 + path.Value.Length);
        writer.U32(Nfs2Status.Ok);
        writer.Opaque(path.Value);
        call.End(writer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Statistics(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        Result<FileSystemStatistics> found = target.Error;
        if (target.IsOk)
            found = await target.Value.Volume.GetStatistics(call.Who, target.Value.Node).ConfigureAwait(false);
        if (!found.IsOk)
        {
            Answer(call, found.Error);
            return;
        }

        var s = found.Value;
        var writer = call.Begin(24);
        writer.U32(Nfs2Status.Ok);
        writer.U32(Nfs2Wire.MaxData);
        writer.U32(s.BlockSize);
        writer.U32((uint)Math.Min(s.Blocks, int.MaxValue));
        writer.U32((uint)Math.Min(s.FreeBlocks, int.MaxValue));
        writer.U32((uint)Math.Min(s.AvailableBlocks, int.MaxValue));
        call.End(writer);
    }
}
