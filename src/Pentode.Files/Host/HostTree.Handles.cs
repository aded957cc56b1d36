using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux.Tree;

namespace Pentode.Files.Host;

/// <content>
/// Handles of nodes. Where the kernel gives handles of at most 16 bytes and lets us open them, they are its own. Elsewhere (not root, other
/// file systems, other mounts below the directory) a handle is inode number and time of birth, found again by where it was last seen or by
/// a search of the tree. On a file system that knows neither there are none.
/// </content>
public sealed partial class HostTree
{
    /// <summary>Kind of a handle that holds inode number and birth time; smaller kinds, from 1, index <see cref="s_forms"/>.</summary>
    private const byte PlaceKind = 0x40;

    private const int LongestWayUp = 4096;

    /// <summary>Type and length of kernel handles that are passed on: ext4 and others, tmpfs, xfs with 64-bit inode numbers, fat.</summary>
    private static readonly (int Type, int Length)[] s_forms = [(1, 8), (1, 12), (0x81, 12), (0x71, 12)];

    /// <summary>Handles remembered, and how old an object must be for that: no other one can have its number and its time of birth then.</summary>
    private const int RememberedHandles = 1 << 16;
    private const ulong SettledAge = 1_000_000_000;

    private readonly PlaceTable _places = new();
    private readonly AgingTable<(ulong Inode, ulong Birth), NodeHandle> _handles = new(RememberedHandles);
    private readonly Lock _handlesGate = new();
    private int _mount = -1;

    /// <inheritdoc/>
    public ValueTask<Result<INode>> OpenHandle(NodeHandle handle)
    {
        if (_root is not { } root)
            return new(Errno.ESTALE);
        if (handle.Kind != PlaceKind)
            return new(OpenKernelHandle(handle));
        Result<HostNode> found;
        using (ActingAs.Daemon())
            found = _places.Find(this, root, handle.Object, handle.Operand);
        if (found.IsOk || found.Error != Errno.ENOENT)
            return new(Widen(found));
        return SearchAsync(root, handle);
    }

    /// <summary>The handle of an object held open, or of a child by name.</summary>
    internal Result<NodeHandle> HandleOf(HostNode node, ReadOnlySpan<byte> child = default)
    {
        if (_mount >= 0 && node.Key.Device == _rootDevice && KernelHandle(node.Descriptor, child) is { } handle)
            return handle;
        var error = TreeCalls.Stat(node.Descriptor, child, out var data);
        if (error < 0)
            return (Errno)(-error);
        if (BirthOf(data) is not { } birth)
            return Errno.EOPNOTSUPP;
        if (!child.IsEmpty)
            _places.Remember(data.Inode, birth, node, child);
        else if (PlaceOf(node) is (Parent: { } parent, var name))
        {
            _places.Remember(data.Inode, birth, parent, name);
            parent.Release();
        }

        return new NodeHandle(PlaceKind, data.Inode, birth);
    }

    /// <summary>The same for a child whose attributes are known: a listing asks for many, and mostly not for the first time.</summary>
    internal Result<NodeHandle> HandleOf(HostNode directory, ReadOnlySpan<byte> child, in StatxData data)
    {
        if (_mount < 0 || directory.Key.Device != _rootDevice || BirthOf(data) is not { } birth)
            return HandleOf(directory, child);
        var key = (data.Inode, birth);
        lock (_handlesGate)
        {
            if (_handles.TryGet(key, out var known))
                return known;
        }

        var handle = HandleOf(directory, child);
        var now = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000;
        // Only what the name led to before and after is surely the handle's object.
        if (handle.IsOk && handle.Value.Kind != PlaceKind && birth + SettledAge < now &&
            TreeCalls.Stat(directory.Descriptor, child, out var after) == 0 && (after.Inode, BirthOf(after)) == (data.Inode, birth) && DeviceOf(after) == _rootDevice)
        {
            lock (_handlesGate)
                _handles.Put(key, handle.Value);
        }

        return handle;
    }

    /// <summary>Nanoseconds of birth; null when the file system does not tell.</summary>
    internal static ulong? BirthOf(in StatxData data) => (data.Mask & StatxData.MaskBirthTime) == 0 || (data.BirthSeconds == 0 && data.BirthNanoseconds == 0)
        ? null
        : ((ulong)data.BirthSeconds * 1_000_000_000) + data.BirthNanoseconds;

    /// <summary>True when the directory behind a descriptor is the root or below it.</summary>
    internal bool IsBeneath(int directory)
    {
        if (_root is not { } root || TreeCalls.Stat(directory, out var data) < 0)
            return false;
        var key = KeyOf(data);
        var at = -1;
        for (var depth = 0; key != root.Key && depth < LongestWayUp; depth++)
        {
            var up = TreeCalls.OpenAt(at < 0 ? directory : at, ".."u8, TreeCalls.PathOnly | TreeCalls.DirectoryFlag | TreeCalls.CloseOnExec, 0, 0);
            if (at >= 0)
                _ = TreeCalls.Close(at);
            at = up;
            if (up < 0 || TreeCalls.Stat(up, out data) < 0 || KeyOf(data) == key)
                break;
            key = KeyOf(data);
        }

        if (at >= 0)
            _ = TreeCalls.Close(at);
        return key == root.Key;
    }

    /// <summary>Learns whether handles of the kernel can be used here.</summary>
    private void ProbeHandles(HostNode root)
    {
        if (!Options.UseKernelHandles)
            return;
        var mount = TreeCalls.Reopen(root.Descriptor, TreeCalls.DirectoryFlag | TreeCalls.CloseOnExec);
        if (mount < 0)
            return;
        _mount = mount;
        if (KernelHandle(root.Descriptor, default) is { } handle && OpenKernelHandle(handle) is { IsOk: true } again)
        {
            again.Value.Release();
            return;
        }

        _mount = -1;
        _ = TreeCalls.Close(mount);
    }

    private void CloseHandles()
    {
        if (_mount >= 0)
            _ = TreeCalls.Close(_mount);
        _mount = -1;
    }

    private static NodeHandle? KernelHandle(int fd, ReadOnlySpan<byte> child)
    {
        Span<byte> bytes = stackalloc byte[HandleCalls.MaximumLength];
        var length = HandleCalls.HandleOf(fd, child, bytes, out var type);
        var form = Array.IndexOf(s_forms, (type, length));
        return form < 0
            ? null
            : new NodeHandle((byte)(form + 1), BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
    }

    private Result<INode> OpenKernelHandle(NodeHandle handle)
    {
        if (_mount < 0 || handle.Kind is 0 || handle.Kind > s_forms.Length)
            return Errno.ESTALE;
        var (type, length) = s_forms[handle.Kind - 1];
        Span<byte> bytes = stackalloc byte[HandleCalls.MaximumLength];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, handle.Object);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], handle.Operand);
        int fd;
        using (ActingAs.Daemon())
            fd = HandleCalls.Open(_mount, bytes[..length], type, TreeCalls.PathOnly | TreeCalls.NoFollowFlag | TreeCalls.CloseOnExec);
        if (fd < 0)
            return fd is -(int)Errno.ENOENT or -(int)Errno.EINVAL ? Errno.ESTALE : (Errno)(-fd);
        return Widen(Adopt(fd, null, default));
    }

    // Walking a whole tree takes long: not on the loop.
    private async ValueTask<Result<INode>> SearchAsync(HostNode root, NodeHandle handle)
    {
        root.AddReference();
        try
        {
            return await Task.Run(() => Widen(_places.Search(this, root, handle.Object, handle.Operand))).ConfigureAwait(false);
        }
        finally
        {
            root.Release();
        }
    }

    private static Result<INode> Widen(Result<HostNode> node) => node.IsOk ? node.Value : node.Error;
}
