using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V3;

/// <summary>
/// Writes entries of READDIR (<c>1 | fileid (8) | name&lt;&gt; | cookie (8)</c>) or READDIRPLUS (and <c>post_op_attr | post_op_fh3</c>) until the room, the
/// count of names or the number of entries of one call is used up.
/// </summary>
internal sealed class EntrySink3(NfsObject directory, Memory<byte> room, uint names, bool isPlus, bool withAttributes, FileAttributes own, HandleSigner signer) : IDirectorySink
{
    private const int MaxEntries = 4096;
    private const int NameFrame = 20;

    private long _names = names;
    private int _entries;

    /// <inheritdoc/>
    public bool WantsAttributes => withAttributes;

    /// <summary>Bytes written.</summary>
    public int Used { get; private set; }

    /// <summary>An entry was turned away.</summary>
    public bool IsFull { get; private set; }

    /// <inheritdoc/>
    public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
    {
        var fileId = id.Path;
        // Above the root of a mount there is nothing to see.
        if (name.SequenceEqual(".."u8) && NfsLoop.IsMountRoot(directory))
            fileId = own.Id.Path;
        if (withAttributes && name.SequenceEqual("."u8))
            return Add(fileId, cookie, name, own, directory.Handle);
        return Add(fileId, cookie, name, null, default);
    }

    /// <inheritdoc/>
    public bool TryAdd(in FileAttributes attributes, NodeHandle handle, long cookie, byte type, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual(".."u8))
            return TryAdd(attributes.Id, cookie, type, name);
        Span<byte> bytes = stackalloc byte[FileHandle.Size];
        FileHandle.Write(bytes, directory.Key.Export, handle, signer);
        return Add(attributes.Id.Path, cookie, name, attributes, bytes);
    }

    private bool Add(ulong fileId, long cookie, ReadOnlySpan<byte> name, FileAttributes? attributes, ReadOnlySpan<byte> handle)
    {
        var nameSize = NameFrame + ((name.Length + 3) & ~3);
        var size = 4 + nameSize;
        if (isPlus)
            size += attributes is null ? 8 : Nfs3Wire.PostOperation + 8 + FileHandle.Size;
        if (IsFull || room.Length - Used < size || (_names < nameSize && _entries > 0) || _entries >= MaxEntries)
        {
            IsFull = true;
            return false;
        }

        var writer = new XdrWriter(room.Span[Used..]);
        writer.U32(1);
        writer.U64(fileId);
        writer.Opaque(name);
        writer.U64((ulong)cookie);
        if (isPlus && attributes is { } known)
        {
            Nfs3Wire.WritePost(ref writer, known, directory.FileSystem);
            Nfs3Wire.WritePostHandle(ref writer, handle);
        }
        else if (isPlus)
        {
            writer.U32(0);
            writer.U32(0);
        }

        Used += size;
        _names -= nameSize;
        _entries++;
        return true;
    }
}
