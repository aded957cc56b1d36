using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V3;

/// <summary>NFS version 3 (RFC 1813). Each handler answers its call; malformed arguments get GARBAGE_ARGS.</summary>
internal sealed partial class Nfs3Program(NfsLoop loop) : IRpcProgram
{
    /// <summary>Room for the results of every procedure but those that carry data, links and listings.</summary>
    private const int SmallResults = 512;

    /// <inheritdoc/>
    public uint Number => RpcConstants.NfsProgram;

    /// <inheritdoc/>
    public uint LowestVersion => 3;

    /// <inheritdoc/>
    public uint HighestVersion => 3;

    private NfsServerOptions Options => loop.Server.Options;

    /// <inheritdoc/>
    public int ProceduresOf(uint version) => 22;

    /// <inheritdoc/>
    public bool IsOpenToAll(RpcCall call) => (Nfs3Procedure)call.Procedure is Nfs3Procedure.Null or Nfs3Procedure.FsInfo;

    /// <inheritdoc/>
    public bool MustNotRepeat(RpcCall call) => (Nfs3Procedure)call.Procedure is Nfs3Procedure.SetAttr or Nfs3Procedure.Create or Nfs3Procedure.MkDir
        or Nfs3Procedure.SymLink or Nfs3Procedure.MkNod or Nfs3Procedure.Remove or Nfs3Procedure.RmDir or Nfs3Procedure.Rename or Nfs3Procedure.Link;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> FirstHandle(RpcCall call)
    {
        var reader = new XdrReader(call.Arguments.Span);
        return reader.Opaque(Nfs3Wire.MaxHandle);
    }

    /// <inheritdoc/>
    public bool AnswerDone(RpcCall call)
    {
        // Nobody knows the attributes of then: there are none in the reply, and the client asks for those of now.
        var (attributes, changes) = (Nfs3Procedure)call.Procedure switch
        {
            Nfs3Procedure.SetAttr or Nfs3Procedure.Remove or Nfs3Procedure.RmDir => (0, 1),
            Nfs3Procedure.Rename => (0, 2),
            Nfs3Procedure.Link => (1, 1),
            _ => (0, 0),
        };
        if (changes == 0)
            return false;
        var writer = call.Begin(24);
        writer.U32(Nfs3Status.Ok);
        writer.Zeroes(4 * (attributes + (2 * changes)));
        call.End(writer);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask Run(RpcCall call) => (Nfs3Procedure)call.Procedure switch
    {
        Nfs3Procedure.Null => Null(call),
        Nfs3Procedure.GetAttr => GetAttributes(call),
        Nfs3Procedure.SetAttr => SetAttributes(call),
        Nfs3Procedure.Lookup => Lookup(call),
        Nfs3Procedure.Access => Access(call),
        Nfs3Procedure.ReadLink => ReadLink(call),
        Nfs3Procedure.Read => Read(call),
        Nfs3Procedure.Write => Write(call),
        Nfs3Procedure.Create => Create(call),
        Nfs3Procedure.MkDir => MakeDirectory(call),
        Nfs3Procedure.SymLink => MakeSymbolicLink(call),
        Nfs3Procedure.MkNod => MakeNode(call),
        Nfs3Procedure.Remove => Remove(call, isDirectory: false),
        Nfs3Procedure.RmDir => Remove(call, isDirectory: true),
        Nfs3Procedure.Rename => Rename(call),
        Nfs3Procedure.Link => Link(call),
        Nfs3Procedure.ReadDir => ReadDirectory(call, isPlus: false),
        Nfs3Procedure.ReadDirPlus => ReadDirectory(call, isPlus: true),
        Nfs3Procedure.FsStat => FileSystemStatistics(call),
        Nfs3Procedure.FsInfo => FileSystemInformation(call),
        Nfs3Procedure.PathConf => PathConfiguration(call),
        _ => Commit(call),
    };

    private static ValueTask Null(RpcCall call)
    {
        call.Answer(AcceptStatus.Success);
        return default;
    }

    private static void Garbage(RpcCall call) => call.Answer(AcceptStatus.GarbageArguments);

    /// <summary>A handle alone is the argument.</summary>
    private static bool TryReadHandle(RpcCall call, out ReadOnlyMemory<byte> handle)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.Opaque(Nfs3Wire.MaxHandle));
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    /// <summary>A failure whose results are attributes of an object, if it is known.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Fail(RpcCall call, Errno error, NfsObject? about)
    {
        Result<FileAttributes> attributes = Errno.ESTALE;
        if (about is not null)
            attributes = await loop.Stat(about).ConfigureAwait(false);
        Fail(call, error, attributes, about);
    }

    private static void Fail(RpcCall call, Errno error, Result<FileAttributes> attributes, NfsObject? about)
    {
        call.Status = Nfs3Status.Of(error);
        var writer = call.Begin(4 + Nfs3Wire.PostOperation);
        writer.U32(call.Status);
        WritePost(ref writer, attributes, about);
        call.End(writer);
    }

    private static void WritePost(ref XdrWriter writer, Result<FileAttributes> attributes, NfsObject? about)
    {
        if (attributes.IsOk && about is not null)
            Nfs3Wire.WritePost(ref writer, attributes.Value, about.FileSystem);
        else
            Nfs3Wire.WriteNoPost(ref writer);
    }

    /// <summary>A reply whose only result, good or bad, is what happened to one object.</summary>
    private static void AnswerWcc(RpcCall call, Errno error, WccState wcc)
    {
        call.Status = Nfs3Status.Of(error);
        var writer = call.Begin(4 + Nfs3Wire.Wcc);
        writer.U32(call.Status);
        Nfs3Wire.WriteWcc(ref writer, wcc);
        call.End(writer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask GetAttributes(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
        {
            call.Answer(Nfs3Status.Of(target.Error));
            return;
        }

        var attributes = await loop.Stat(target.Value).ConfigureAwait(false);
        if (!attributes.IsOk)
        {
            call.Answer(Nfs3Status.Of(attributes.Error));
            return;
        }

        var writer = call.Begin(4 + Nfs3Wire.Attributes);
        writer.U32(Nfs3Status.Ok);
        Nfs3Wire.WriteAttributes(ref writer, attributes.Value, target.Value.FileSystem);
        call.End(writer);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SetAttributes(RpcCall call)
    {
        if (!TryReadSetAttributes(call, out var handle, out var change, out var guard))
        {
            Garbage(call);
            return;
        }

        var wcc = call.First;
        wcc.Clear();
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
        {
            AnswerWcc(call, target.Error, wcc);
            return;
        }

        var error = await wcc.Begin(loop, target.Value).ConfigureAwait(false);
        if (error == Errno.None && guard is { } expected && expected != wcc.ChangeTime)
            error = NfsErrors.NotSync;
        if (error == Errno.None)
            error = await loop.ChangeAttributes(call, target.Value, change, wcc.Before).ConfigureAwait(false);
        await wcc.End(loop, target.Value).ConfigureAwait(false);
        AnswerWcc(call, error, wcc);
    }

    private static bool TryReadSetAttributes(RpcCall call, out ReadOnlyMemory<byte> handle, out AttributeChange change, out FileTime? guard)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.Opaque(Nfs3Wire.MaxHandle));
        var read = Nfs3Wire.ReadChange(ref reader);
        change = read ?? default;
        var isGood = read is not null;
        guard = Nfs3Wire.Flag(ref reader, ref isGood) ? Nfs3Wire.ReadTime(ref reader) : null;
        return isGood && reader.Done();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Lookup(RpcCall call)
    {
        if (!TryReadName(call, out var handle, out var name))
            return;
        var directory = await loop.Resolve(call, handle).ConfigureAwait(false);
        if (!directory.IsOk)
        {
            Fail(call, directory.Error, directory.Error, null);
            return;
        }

        var found = await loop.Lookup(call, directory.Value, name).ConfigureAwait(false);
        Result<FileAttributes> attributes = found.Error;
        if (found.IsOk)
            attributes = await loop.Stat(found.Value).ConfigureAwait(false);
        var above = await loop.Stat(directory.Value).ConfigureAwait(false);
        if (!found.IsOk || !attributes.IsOk)
        {
            // Gone since it was found: as if it had not been.
            Fail(call, !found.IsOk ? found.Error : attributes.Error == Errno.ESTALE ? Errno.ENOENT : attributes.Error, above, directory.Value);
            return;
        }

        var writer = call.Begin(SmallResults);
        writer.U32(Nfs3Status.Ok);
        writer.Opaque(found.Value.Handle);
        WritePost(ref writer, attributes, found.Value);
        WritePost(ref writer, above, directory.Value);
        call.End(writer);
    }

    /// <summary>diropargs3 alone are the argument.</summary>
    private static bool TryReadName(RpcCall call, out ReadOnlyMemory<byte> handle, out FileName name)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var arguments = DirectoryArguments.Read(ref reader);
        (handle, name) = (call.Keep(arguments.Handle), call.Name(arguments.Name));
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask Access(RpcCall call)
    {
        if (!TryReadAccess(call, out var handle, out var bits))
            return;
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
        {
            Fail(call, target.Error, target.Error, null);
            return;
        }

        var isDirectory = target.Value.Node.Id.IsDirectory;
        var (read, lookup, modify, extend, delete, execute) = (1u, 2u, 4u, 8u, 0x10u, 0x20u);
        var forRead = read;
        var forWrite = isDirectory ? modify | extend | delete : modify | extend;
        var forExecute = isDirectory ? lookup : execute;
        var wanted = ((bits & forRead) != 0 ? 4 : 0) | ((bits & forWrite) != 0 ? 2 : 0) | ((bits & forExecute) != 0 ? 1 : 0);
        var attributes = await loop.Stat(target.Value).ConfigureAwait(false);
        Result<int> allowed = 0;
        if (wanted != 0 && attributes.IsOk)
            allowed = await target.Value.Volume.Access(call.Who, target.Value.Node, wanted).ConfigureAwait(false);
        if (!attributes.IsOk || !allowed.IsOk)
        {
            Fail(call, attributes.IsOk ? allowed.Error : attributes.Error, attributes, target.Value);
            return;
        }

        var granted = ((allowed.Value & 4) != 0 ? forRead : 0) | ((allowed.Value & 2) != 0 ? forWrite : 0) | ((allowed.Value & 1) != 0 ? forExecute : 0);
        var writer = call.Begin(8 + Nfs3Wire.PostOperation);
        writer.U32(Nfs3Status.Ok);
        WritePost(ref writer, attributes, target.Value);
        writer.U32(granted & bits);
        call.End(writer);
    }

    private static bool TryReadAccess(RpcCall call, out ReadOnlyMemory<byte> handle, out uint bits)
    {
        var reader = new XdrReader(call.Arguments.Span);
        handle = call.Keep(reader.Opaque(Nfs3Wire.MaxHandle));
        bits = reader.U32();
        if (reader.Done())
            return true;
        Garbage(call);
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadLink(RpcCall call)
    {
        if (!TryReadHandle(call, out var handle))
            return;
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
        {
            Fail(call, target.Error, target.Error, null);
            return;
        }

        var path = await target.Value.Volume.ReadLink(call.Who, target.Value.Node).ConfigureAwait(false);
        var attributes = await loop.Stat(target.Value).ConfigureAwait(false);
        if (!path.IsOk || !attributes.IsOk)
        {
            Fail(call, path.IsOk ? attributes.Error : path.Error, attributes, target.Value);
            return;
        }

        var writer = call.Begin(8 + Nfs3Wire.PostOperation + path.Value.Length + 4);
        writer.U32(Nfs3Status.Ok);
        WritePost(ref writer, attributes, target.Value);
        writer.Opaque(path.Value);
        call.End(writer);
    }
}
