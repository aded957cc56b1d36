using Pentode.Core.Codecs;

namespace Pentode.NineP.Wire;

/// <summary>One entry inside Rreaddir. Spans point into the frame.</summary>
/// <remarks>qid[13] offset[8] type[1] name[s]</remarks>
public readonly ref struct DirEntry
{
    /// <summary>Identity.</summary>
    public Qid Qid { get; init; }

    /// <summary>Cookie that continues after this entry.</summary>
    public ulong Offset { get; init; }

    /// <summary>DT_*.</summary>
    public byte Kind { get; init; }

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Bytes on the wire.</summary>
    public int Size => Qid.Size + 8 + 1 + 2 + Name.Length;

    /// <summary>Reads the next entry; false when the data is short.</summary>
    public static bool TryRead(ref LittleEndianReader r, out DirEntry entry)
    {
        entry = new DirEntry { Qid = Qid.Read(ref r), Offset = r.U64(), Kind = r.U8(), Name = r.Str() };
        return !r.IsOverrun;
    }

    /// <summary>Writes the entry.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        Qid.Write(ref writer);
        writer.U64(Offset);
        writer.U8(Kind);
        writer.Str(Name);
    }
}
