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

    /// <summary>Finds the object a call is about and looks at it (<see cref="RpcCall.Attributes"/>); a failure has been answered.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NfsObject>> Find(RpcCall call, ReadOnlyMemory<byte> handle)
    {
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        Result<FileAttributes> attributes = target.Error;
        if (target.IsOk)
            attributes = await loop.Stat(target.Value).ConfigureAwait(false);
        if (attributes.IsOk)
        {
            call.Attributes = attributes.Value;
            return target;
        }

        call.Status = Nfs3Status.Of(attributes.Error);
        var writer = call.Begin(8);
        writer.U32(call.Status);
        Nfs3Wire.WriteNoPost(ref writer);
        call.End(writer);
        return attributes.Error;
    }

    /// <summary>The beginning of most replies: a status and attributes of the object the call is about; <paramref name="size"/> more bytes are to follow.</summary>
    private static XdrWriter BeginPost(RpcCall call, Errno error, NfsObject target, int size)
    {
        call.Status = Nfs3Status.Of(error);
        var writer = call.Begin(4 + Nfs3Wire.PostOperation + size);
        writer.U32(call.Status);
        Nfs3Wire.WritePost(ref writer, call.Attributes, target.FileSystem);
        return writer;
    }

    /// <summary>A failure, told with the attributes <see cref="Find"/> saw.</summary>
    private static void Fail(RpcCall call, Errno error, NfsObject target)
    {
        var writer = BeginPost(call, error, target, 0);
        call.End(writer);
    }

    private static void WritePost(ref XdrWriter writer, Result<FileAttributes> attributes, NfsObject? about)
    {
        if (attributes.IsOk && about is not null)
            Nfs3Wire.WritePost(ref writer, attributes.Value, about.FileSystem);
        else
            Nfs3Wire.WriteNoPost(ref writer);
    }

    /// <summary>Finds the object of a change and looks at it (<see cref="RpcCall.First"/>); a failure has been answered.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NfsObject>> BeginChange(RpcCall call, ReadOnlyMemory<byte> handle, bool ofDirectory = false)
    {
        var wcc = call.First;
        wcc.Clear();
        var target = await loop.Resolve(call, handle).ConfigureAwait(false);
        var error = target.Error;
        if (target.IsOk)
        {
            error = await wcc.Begin(loop, target.Value).ConfigureAwait(false);
            if (error == Errno.None && ofDirectory && !target.Value.Node.Id.IsDirectory)
                error = Errno.ENOTDIR;
            if (error == Errno.None)
                return target;
            await wcc.End(loop, target.Value).ConfigureAwait(false);
        }

        AnswerWcc(call, error, wcc);
        return error;
    }

    /// <summary>The beginning of replies to changes: a status and what happened to the object; <paramref name="size"/> more bytes are to follow.</summary>
    private static XdrWriter BeginWcc(RpcCall call, Errno error, WccState wcc, int size)
    {
        call.Status = Nfs3Status.Of(error);
        var writer = call.Begin(4 + Nfs3Wire.Wcc + size);
        writer.U32(call.Status);
        Nfs3Wire.WriteWcc(ref writer, wcc);
        return writer;
    }

    /// <summary>A reply whose only result, good or bad, is what happened to one object.</summary>
    private static void AnswerWcc(RpcCall call, Errno error, WccState wcc)
    {
        // Told to come later, a client makes a new call of it, which would find what this one has done. Told nothing it sends this one again, and the rest is done.
        if (call.Who.Call is { HasChanged: true } && Nfs3Status.Of(error) == Nfs3Status.Jukebox)
        {
            call.Status = uint.MaxValue;
            return;
        }

        var writer = BeginWcc(call, error, wcc, 0);
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

        var target = await BeginChange(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var wcc = call.First;
        var error = guard is { } expected && expected != wcc.ChangeTime
            ? NfsErrors.NotSync
            : await loop.ChangeAttributes(call, target.Value, change, wcc.Before).ConfigureAwait(false);
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
        var directory = await Find(call, handle).ConfigureAwait(false);
        if (!directory.IsOk)
            return;
        var found = await loop.Lookup(call, directory.Value, name).ConfigureAwait(false);
        Result<FileAttributes> attributes = found.Error;
        if (found.IsOk)
            attributes = call.KnownAttributes is { } known ? known : await loop.Stat(found.Value).ConfigureAwait(false);
        if (!attributes.IsOk)
        {
            // Gone since it was found: as if it had not been.
            Fail(call, found.IsOk && attributes.Error == Errno.ESTALE ? Errno.ENOENT : attributes.Error, directory.Value);
            return;
        }

        var writer = call.Begin(SmallResults);
        writer.U32(Nfs3Status.Ok);
        writer.Opaque(found.Value.Handle);
        Nfs3Wire.WritePost(ref writer, attributes.Value, found.Value.FileSystem);
        Nfs3Wire.WritePost(ref writer, call.Attributes, directory.Value.FileSystem);
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
        var target = await Find(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var isDirectory = target.Value.Node.Id.IsDirectory;
        var (read, lookup, modify, extend, delete, execute) = (1u, 2u, 4u, 8u, 0x10u, 0x20u);
        var forRead = read;
        var forWrite = isDirectory ? modify | extend | delete : modify | extend;
        var forExecute = isDirectory ? lookup : execute;
        var wanted = ((bits & forRead) != 0 ? 4 : 0) | ((bits & forWrite) != 0 ? 2 : 0) | ((bits & forExecute) != 0 ? 1 : 0);
        Result<int> allowed = 0;
        if (wanted != 0)
            allowed = await target.Value.Volume.Access(call.Who, target.Value.Node, wanted).ConfigureAwait(false);
        if (!allowed.IsOk)
        {
            Fail(call, allowed.Error, target.Value);
            return;
        }

        var granted = ((allowed.Value & 4) != 0 ? forRead : 0) | ((allowed.Value & 2) != 0 ? forWrite : 0) | ((allowed.Value & 1) != 0 ? forExecute : 0);
        var writer = BeginPost(call, Errno.None, target.Value, 4);
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
        var target = await Find(call, handle).ConfigureAwait(false);
        if (!target.IsOk)
            return;
        var path = await target.Value.Volume.ReadLink(call.Who, target.Value.Node).ConfigureAwait(false);
        if (!path.IsOk)
        {
            Fail(call, path.Error, target.Value);
            return;
        }

        var writer = BeginPost(call, Errno.None, target.Value, 4 + path.Value.Length + 4);
        writer.Opaque(path.Value);
        call.End(writer);
    }
}
