using System.Buffers.Binary;
using System.Text;

namespace Pentode.Tests.Nfs;

/// <summary>Puts XDR together, written apart from the product's own.</summary>
internal sealed class Xdr
{
    private readonly List<byte> _bytes = [];

    public byte[] Bytes => [.. _bytes];

    /// <summary>"Keep everything" of NFSv3, with a mode.</summary>
    public static Xdr Change3(uint? mode = null, uint? uid = null, uint? gid = null, ulong? size = null, uint atime = 0, uint mtime = 0)
    {
        var x = new Xdr();
        foreach (var value in new[] { mode, uid, gid })
            _ = value is { } v ? x.U32(1, v) : x.U32(0);
        _ = size is { } s ? x.U32(1).U64(s) : x.U32(0);
        foreach (var time in new[] { atime, mtime })
            _ = time switch { 0 => x.U32(0), 1 => x.U32(1), _ => x.U32(2, time, 5) };
        return x;
    }

    /// <summary>The same of NFSv2.</summary>
    public static Xdr Change2(uint mode = uint.MaxValue, uint size = uint.MaxValue, uint mtimeMicroseconds = uint.MaxValue) =>
        new Xdr().U32(mode, uint.MaxValue, uint.MaxValue, size, uint.MaxValue, uint.MaxValue, mtimeMicroseconds == uint.MaxValue ? uint.MaxValue : 100u, mtimeMicroseconds);

    public Xdr U32(params uint[] values)
    {
        foreach (var value in values)
        {
            var word = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(word, value);
            _bytes.AddRange(word);
        }

        return this;
    }

    public Xdr U64(ulong value) => U32((uint)(value >> 32), (uint)value);

    public Xdr Fixed(byte[] bytes)
    {
        _bytes.AddRange(bytes);
        while (_bytes.Count % 4 != 0)
            _bytes.Add(0);
        return this;
    }

    public Xdr Opaque(byte[] bytes) => U32((uint)bytes.Length).Fixed(bytes);

    public Xdr Text(string text) => Opaque(Encoding.Latin1.GetBytes(text));

    public Xdr Add(Xdr other)
    {
        _bytes.AddRange(other._bytes);
        return this;
    }
}
