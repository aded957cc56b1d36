using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.V2;

/// <summary>Writes entries of READDIR: <c>1 | fileid | name&lt;&gt; | cookie (4)</c>, until the room is used up.</summary>
internal sealed class EntrySink2(NfsObject directory, Memory<byte> room, FileAttributes own) : IDirectorySink
{
    /// <summary>Bytes of a reply that are not entries: status, end of list, end of directory.</summary>
    public const int Frame = 12;

    /// <summary>Bytes written.</summary>
    public int Used { get; private set; }

    /// <summary>An entry was turned away.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Cookie of the last entry, 0 without one.</summary>
    public long LastCookie { get; private set; }

    /// <inheritdoc/>
    public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
    {
        var size = 16 + ((name.Length + 3) & ~3);
        if (IsFull || room.Length - Used < size)
        {
            IsFull = true;
            return false;
        }

        var fileId = name.SequenceEqual(".."u8) && NfsLoop.IsMountRoot(directory) ? own.Id.Path : id.Path;
        var writer = new XdrWriter(room.Span[Used..]);
        writer.U32(1);
        writer.U32(Nfs2Wire.ShortId(fileId));
        writer.Opaque(name);
        writer.U32(ShortCookies.Fold(cookie));
        Used += size;
        LastCookie = cookie;
        return true;
    }
}
