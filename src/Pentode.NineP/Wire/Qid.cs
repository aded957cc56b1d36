using Pentode.Core.Codecs;
using Pentode.Files;

namespace Pentode.NineP.Wire;

/// <summary>Identity of a file on the wire: type[1] version[4] path[8].</summary>
/// <param name="Type">0x80 directory, 0x02 symbolic link, 0 otherwise.</param>
/// <param name="Version">Changes with the content; 0: do not cache.</param>
/// <param name="Path">Unique in the export.</param>
public readonly record struct Qid(byte Type, uint Version, ulong Path)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 13;

    /// <summary>Type bit of a directory.</summary>
    public const byte Directory = 0x80;

    /// <summary>Type bit of a symbolic link.</summary>
    public const byte SymbolicLink = 0x02;

    /// <summary>The qid of a node.</summary>
    public static Qid From(NodeId id) =>
        new(id.IsDirectory ? Directory : id.IsSymbolicLink ? SymbolicLink : (byte)0, id.Version, id.Path);

    /// <summary>Reads 13 bytes.</summary>
    public static Qid Read(ref LittleEndianReader r) => new(r.U8(), r.U32(), r.U64());

    /// <summary>Writes 13 bytes.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U8(Type);
        writer.U32(Version);
        writer.U64(Path);
    }
}
