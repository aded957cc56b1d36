using System.Runtime.CompilerServices;
using System.Text;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.Mount;

/// <summary>
/// MOUNT 1, 2 (RFC 1094 appendix A) and 3 (RFC 1813 appendix I): gives handles of exports and of directories below them, through symbolic links
/// that stay inside. The list of mounts is what clients say, for people to look at.
/// </summary>
internal sealed class MountProgram(NfsLoop loop) : IRpcProgram
{
    private const int MaxPath = 1024;
    private const int MaxLinks = 40;
    private const int MaxListed = 1024;
    private const int MaxReply = 60 << 10;

    private enum Procedure : uint
    {
        Null = 0,
        Mnt = 1,
        Dump = 2,
        Umnt = 3,
        UmntAll = 4,
        Export = 5,
        ExportAll = 6,
        PathConf = 7,
    }

    /// <inheritdoc/>
    public uint Number => RpcConstants.MountProgram;

    /// <inheritdoc/>
    public uint LowestVersion => 1;

    /// <inheritdoc/>
    public uint HighestVersion => 3;

    /// <inheritdoc/>
    public int ProceduresOf(uint version) => version switch
    {
        1 => 7,
        2 => 8,
        _ => 6,
    };

    /// <inheritdoc/>
    public bool IsOpenToAll(RpcCall call) => true;

    /// <inheritdoc/>
    public bool MustNotRepeat(RpcCall call) => false;

    /// <inheritdoc/>
    public ValueTask Run(RpcCall call)
    {
        switch ((Procedure)call.Procedure)
        {
            case Procedure.Null:
                call.Answer(AcceptStatus.Success);
                break;
            case Procedure.Mnt:
                return MountAsync(call);
            case Procedure.Dump:
                Dump(call);
                break;
            case Procedure.Umnt:
                Unmount(call);
                break;
            case Procedure.UmntAll:
                call.Client.RemoveMount(null);
                call.Answer(AcceptStatus.Success);
                break;
            case Procedure.PathConf:
                return PathConfAsync(call);
            default:
                Export(call);
                break;
        }

        return default;
    }

    private static bool TryReadPath(RpcCall call, out string path)
    {
        var reader = new XdrReader(call.Arguments.Span);
        path = Encoding.Latin1.GetString(reader.Opaque(int.MaxValue));
        if (reader.Done())
            return true;
        call.Answer(AcceptStatus.GarbageArguments);
        return false;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask MountAsync(RpcCall call)
    {
        if (!TryReadPath(call, out var path))
            return;
        var found = await FindAsync(call, path).ConfigureAwait(false);
        if (!found.IsOk)
        {
            if (call.Client.MayWarn())
                loop.Server.Options.Log.Write(LogLevel.Warning, $"nfs: {call.Client.Address} may not mount '{Printable(path)}': {found.Error}");
            call.Answer(Status(call.Version, found.Error));
            return;
        }

        call.Client.AddMount(path);
        call.Transport.Note(found.Value.Grant.Path, call.HasUser ? $"uid {call.Who.Uid}" : "");
        var writer = call.Begin(64);
        writer.U32(0);
        if (call.Version == 3)
        {
            writer.Opaque(found.Value.Handle);
            var isAnyone = loop.Server.Options.AllowNoCredentials;
            writer.U32(isAnyone ? 2u : 1);
            writer.U32(RpcConstants.FlavorSys);
            if (isAnyone)
                writer.U32(RpcConstants.FlavorNone);
        }
        else
        {
            writer.FixedOpaque(found.Value.Handle);
        }

        call.End(writer);
    }

    /// <summary>The directory a client may mount by that path.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NfsObject>> FindAsync(RpcCall call, string path)
    {
        if (path.Length > MaxPath)
            return Errno.ENAMETOOLONG;
        var names = Split(path);
        if (Longest(call.Client.Grants, names) is not { } grant)
            return Errno.EACCES;
        if (grant.NeedsPrivilegedPort && !call.IsFromPrivilegedPort)
            return Errno.EACCES;
        var root = grant.Volume.Attach();
        if (!root.IsOk)
            return root.Error;
        var adopted = loop.Adopt(call, grant, root.Value);
        if (!adopted.IsOk)
            return adopted.Error;
        return await DescendAsync(call, adopted.Value, names[Split(grant.Path).Length..], Split(grant.Path)).ConfigureAwait(false);
    }

    /// <summary>Walks down, following symbolic links as long as they stay inside the export.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<NfsObject>> DescendAsync(RpcCall call, NfsObject root, string[] names, string[] exportPath)
    {
        var way = new Stack<NfsObject>([root]);
        var left = new Stack<string>(names.Reverse());
        var links = 0;
        while (left.TryPop(out var name))
        {
            if (name == "..")
            {
                if (way.Count > 1)
                    way.Pop();
                continue;
            }

            var found = await loop.Lookup(call, way.Peek(), new FileName(Encoding.Latin1.GetBytes(name))).ConfigureAwait(false);
            if (!found.IsOk)
                return found.Error;
            if (!found.Value.Node.Id.IsSymbolicLink)
            {
                way.Push(found.Value);
                continue;
            }

            var target = await root.Volume.ReadLink(call.Who, found.Value.Node).ConfigureAwait(false);
            if (!target.IsOk || ++links > MaxLinks)
                return target.IsOk ? Errno.ELOOP : target.Error;
            var text = Encoding.Latin1.GetString(target.Value);
            var next = Split(text);
            if (text.StartsWith('/'))
            {
                if (!IsPrefix(exportPath, next))
                    return Errno.EACCES;
                next = next[exportPath.Length..];
                while (way.Count > 1)
                    way.Pop();
            }

            foreach (var part in next.Reverse())
                left.Push(part);
        }

        return way.Peek().Node.Id.IsDirectory ? way.Peek() : Errno.ENOTDIR;
    }

    private static string[] Split(string path) => [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(n => n != ".")];

    private static bool IsPrefix(string[] prefix, string[] path) => path.Length >= prefix.Length && path.AsSpan(0, prefix.Length).SequenceEqual(prefix);

    private static TreeGrant? Longest(IReadOnlyList<TreeGrant> grants, string[] names)
    {
        TreeGrant? best = null;
        var length = -1;
        foreach (var grant in grants)
        {
            var path = Split(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(grant.Path)));
            if (path.Length > length && IsPrefix(path, names))
                (best, length) = (grant, path.Length);
        }

        return best;
    }

    /// <summary>mountstat3, or for the older versions a Unix errno.</summary>
    private static uint Status(uint version, Errno error) => error switch
    {
        Errno.EPERM => 1,
        Errno.ENOENT => 2,
        Errno.EACCES or Errno.EXDEV => 13,
        Errno.ENOTDIR => 20,
        Errno.EINVAL or Errno.ELOOP => 22,
        Errno.ENAMETOOLONG => 63,
        Errno.EOPNOTSUPP => version == 3 ? 10004u : 5,
        Errno.EIO => 5,
        _ => version == 3 ? 10006u : 5,
    };

    private static string Printable(string path) => string.Concat(path.Take(200).Select(c => char.IsControl(c) ? '?' : c));

    private static void Unmount(RpcCall call)
    {
        if (!TryReadPath(call, out var path))
            return;
        call.Client.RemoveMount(path);
        call.Answer(AcceptStatus.Success);
    }

    private void Dump(RpcCall call)
    {
        var writer = call.Begin(MaxReply);
        foreach (var (host, path) in loop.Server.Mounts.Take(MaxListed))
        {
            if (writer.Position + host.Length + path.Length + 64 > MaxReply)
                break;
            writer.U32(1);
            writer.Opaque(Encoding.Latin1.GetBytes(host));
            writer.Opaque(Encoding.Latin1.GetBytes(path));
        }

        writer.U32(0);
        call.End(writer);
    }

    private void Export(RpcCall call)
    {
        var writer = call.Begin(MaxReply);
        foreach (var (path, hosts) in loop.Server.Listing.Take(MaxListed))
        {
            var bytes = Encoding.UTF8.GetBytes(path);
            if (bytes.Length > MaxPath || writer.Position + bytes.Length + 64 > MaxReply)
                break;
            writer.U32(1);
            writer.Opaque(bytes);
            foreach (var host in hosts)
            {
                var word = Encoding.UTF8.GetBytes(host);
                if (word.Length > 255 || writer.Position + word.Length + 64 > MaxReply)
                    break;
                writer.U32(1);
                writer.Opaque(word);
            }

            writer.U32(0);
        }

        writer.U32(0);
        call.End(writer);
    }

    /// <summary>MOUNT 2: link_max, max_canon, max_input, name_max, path_max, pipe_buf, vdisable, padding, mask of two words with one bit for each that is not known.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PathConfAsync(RpcCall call)
    {
        if (!TryReadPath(call, out var path))
            return;
        var found = await FindAsync(call, path).ConfigureAwait(false);
        var writer = call.Begin(64);
        writer.U32(found.IsOk ? 65000u : 0);
        for (var i = 0; i < 2; i++)
            writer.U32(0);
        writer.U32(found.IsOk ? (uint)FileName.MaximumLength : 0);
        writer.U32(found.IsOk ? MaxPath : 0u);
        for (var i = 0; i < 3; i++)
            writer.U32(0);
        // _PC_ERROR when nothing is known; otherwise max_canon, max_input, pipe_buf and vdisable are not.
        writer.U32(found.IsOk ? 0x66u : 0xFF);
        writer.U32(0);
        call.End(writer);
    }
}
