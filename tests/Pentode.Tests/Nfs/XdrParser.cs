using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>Takes a reply apart.</summary>
internal sealed class XdrParser(byte[] bytes)
{
    private int _at;

    public int Left => bytes.Length - _at;

    public uint U32()
    {
        Assert.True(Left >= 4, "the reply is too short");
        _at += 4;
        return BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(_at - 4));
    }

    public ulong U64() => ((ulong)U32() << 32) | U32();

    public byte[] Fixed(int count)
    {
        var taken = bytes.AsSpan(_at, count).ToArray();
        _at += (count + 3) & ~3;
        return taken;
    }

    public byte[] Opaque() => Fixed((int)U32());

    public string Text() => Encoding.Latin1.GetString(Opaque());

    public byte[] Rest() => Fixed(Left);

    /// <summary>fattr3.</summary>
    public Attributes3 Attributes3() => new()
    {
        Type = U32(), Mode = U32(), Links = U32(), Uid = U32(), Gid = U32(), Size = U64(), Used = U64(), Device = (U32(), U32()), FileSystem = U64(), Id = U64(),
        Access = (U32(), U32()), Modify = (U32(), U32()), Change = (U32(), U32()),
    };

    /// <summary>post_op_attr.</summary>
    public Attributes3? Post() => U32() == 1 ? Attributes3() : null;

    /// <summary>wcc_data.</summary>
    public ((ulong Size, (uint, uint) Modify, (uint, uint) Change)? Before, Attributes3? After) Wcc()
    {
        (ulong, (uint, uint), (uint, uint))? before = U32() == 1 ? (U64(), (U32(), U32()), (U32(), U32())) : null;
        return (before, Post());
    }

    /// <summary>post_op_fh3.</summary>
    public byte[]? PostHandle() => U32() == 1 ? Opaque() : null;

    public void End() => Assert.Equal(0, Left);
}
