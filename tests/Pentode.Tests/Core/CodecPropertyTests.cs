using System.Buffers.Binary;
using Pentode.Core.Codecs;

namespace Pentode.Tests.Core;

/// <summary>Random sequences of items, seeded: what was written is what is read, and every cut is noticed.</summary>
public sealed class CodecPropertyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory, MemberData(nameof(Seeds))]
    public void Little_endian(int seed)
    {
        var items = Items(seed, hasStrings: true);
        var buffer = new byte[items.Sum(i => i.Kind == 4 ? 2 + i.Bytes.Length : i.Kind == 5 ? i.Bytes.Length : 1 << i.Kind)];
        var writer = new LittleEndianWriter(buffer);
        foreach (var (kind, value, bytes) in items)
        {
            var at = writer.Position;
            switch (kind)
            {
                case 0: writer.U8((byte)value); break;
                case 1: writer.U16((ushort)value); Assert.Equal((ushort)value, BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at))); break;
                case 2: writer.U32((uint)value); Assert.Equal((uint)value, BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at))); break;
                case 3: writer.U64(value); Assert.Equal(value, BinaryPrimitives.ReadUInt64LittleEndian(buffer.AsSpan(at))); break;
                case 4: writer.Str(bytes); break;
                default: writer.Bytes(bytes); break;
            }
        }

        Assert.False(writer.IsOverrun);
        Assert.Equal(buffer.Length, writer.Position);
        Assert.Equal(buffer, writer.Written);
        for (var length = buffer.Length; length >= 0; length -= Math.Max(1, buffer.Length / 97))
        {
            var reader = new LittleEndianReader(buffer.AsSpan(0, length));
            var isWhole = true;
            foreach (var (kind, value, bytes) in items)
            {
                var isEqual = kind switch
                {
                    0 => reader.U8() == (byte)value,
                    1 => reader.U16() == (ushort)value,
                    2 => reader.U32() == (uint)value,
                    3 => reader.U64() == value,
                    4 => reader.Str().SequenceEqual(bytes),
                    _ => reader.Bytes(bytes.Length).SequenceEqual(bytes),
                };
                isWhole &= isEqual || reader.IsOverrun;
            }

            Assert.True(isWhole);
            Assert.Equal(length == buffer.Length, reader.Done());
            Assert.Equal(length < buffer.Length, reader.IsOverrun);
            Assert.Equal(0, reader.Remaining);
        }
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Big_endian(int seed)
    {
        var items = Items(seed, hasStrings: false);
        var buffer = new byte[items.Sum(i => i.Kind == 5 ? i.Bytes.Length : 1 << i.Kind)];
        var writer = new BigEndianWriter(buffer);
        foreach (var (kind, value, bytes) in items)
        {
            var at = writer.Position;
            switch (kind)
            {
                case 0: writer.U8((byte)value); break;
                case 1: writer.U16((ushort)value); Assert.Equal((ushort)value, BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(at))); break;
                case 2: writer.U32((uint)value); Assert.Equal((uint)value, BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at))); break;
                case 3: writer.U64(value); Assert.Equal(value, BinaryPrimitives.ReadUInt64BigEndian(buffer.AsSpan(at))); break;
                default: writer.Bytes(bytes); break;
            }
        }

        Assert.Equal(buffer, writer.Written);
        for (var length = buffer.Length; length >= 0; length -= Math.Max(1, buffer.Length / 97))
        {
            var reader = new BigEndianReader(buffer.AsSpan(0, length));
            var isWhole = true;
            foreach (var (kind, value, bytes) in items)
            {
                var isEqual = kind switch
                {
                    0 => reader.U8() == (byte)value,
                    1 => reader.U16() == (ushort)value,
                    2 => reader.U32() == (uint)value,
                    3 => reader.U64() == value,
                    _ => reader.Bytes(bytes.Length).SequenceEqual(bytes),
                };
                isWhole &= isEqual || reader.IsOverrun;
            }

            Assert.True(isWhole);
            Assert.Equal(length == buffer.Length, reader.Done());
        }
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Xdr(int seed)
    {
        var items = Items(seed, hasStrings: true).Where(i => i.Kind >= 2).ToArray();
        var buffer = new byte[items.Sum(i => i.Kind < 4 ? 1 << i.Kind : ((i.Bytes.Length + 3) & ~3) + (i.Kind == 4 ? 4 : 0))];
        Array.Fill(buffer, (byte)0xAA);
        var writer = new XdrWriter(buffer);
        foreach (var (kind, value, bytes) in items)
        {
            switch (kind)
            {
                case 2: writer.U32((uint)value); break;
                case 3: writer.U64(value); break;
                case 4: writer.Opaque(bytes); break;
                default: writer.FixedOpaque(bytes); break;
            }

            Assert.Equal(0, writer.Position & 3);
            if (kind >= 4)
                Assert.All(writer.Written[^(-bytes.Length & 3)..].ToArray(), b => Assert.Equal(0, b));
        }

        Assert.Equal(buffer, writer.Written);
        for (var length = buffer.Length; length >= 0; length -= Math.Max(1, buffer.Length / 97))
        {
            var reader = new XdrReader(buffer.AsSpan(0, length));
            var isWhole = true;
            foreach (var (kind, value, bytes) in items)
            {
                var isEqual = kind switch
                {
                    2 => reader.U32() == (uint)value,
                    3 => reader.U64() == value,
                    4 => reader.Opaque(1 << 20).SequenceEqual(bytes),
                    _ => reader.FixedOpaque(bytes.Length).SequenceEqual(bytes),
                };
                isWhole &= isEqual || reader.IsOverrun;
            }

            Assert.True(isWhole);
            Assert.Equal(length == buffer.Length, reader.Done());
        }
    }

    [Fact]
    public void Readers_stay_overrun_and_give_zeroes()
    {
        byte[] data = [1, 2, 3, 4, 5, 6, 7, 8];
        var little = new LittleEndianReader(data);
        Assert.Equal(0, little.Bytes(9).Length);
        Assert.Equal((0, 0, 0u, 0ul), (little.U8(), little.U16(), little.U32(), little.U64()));
        Assert.True(little.Str().IsEmpty && little.Rest().IsEmpty && little.Bytes(0).IsEmpty);
        Assert.Equal((true, false, 0, 0), (little.IsOverrun, little.Done(), little.Position, little.Remaining));

        var big = new BigEndianReader(data);
        Assert.Equal(0, big.Bytes(-1).Length);
        Assert.Equal((0, 0, 0u, 0ul), (big.U8(), big.U16(), big.U32(), big.U64()));
        Assert.True(big.Rest().IsEmpty);
        Assert.Equal((true, false, 0, 0), (big.IsOverrun, big.Done(), big.Position, big.Remaining));

        var xdr = new XdrReader(data);
        Assert.True(xdr.FixedOpaque(int.MaxValue).IsEmpty);
        Assert.Equal((0, 0, 0u, 0ul), (xdr.U8(), xdr.U16(), xdr.U32(), xdr.U64()));
        Assert.True(xdr.Opaque(100).IsEmpty && xdr.FixedOpaque(0).IsEmpty && xdr.Rest().IsEmpty);
        Assert.Equal((true, false, 0, 0), (xdr.IsOverrun, xdr.Done(), xdr.Position, xdr.Remaining));
    }

    [Fact]
    public void Lengths_that_lie_are_overruns()
    {
        var text = new LittleEndianReader([0xff, 0xff, 1, 2, 3]);
        Assert.True(text.Str().IsEmpty);
        Assert.True(text.IsOverrun);
        foreach (var length in new uint[] { 5, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffc })
        {
            var data = new byte[8];
            BinaryPrimitives.WriteUInt32BigEndian(data, length);
            var xdr = new XdrReader(data);
            Assert.True(xdr.Opaque(int.MaxValue).IsEmpty);
            Assert.True(xdr.IsOverrun);
        }

        // The padding counts too.
        var padded = new XdrReader([0, 0, 0, 3, 1, 2, 3]);
        Assert.True(padded.Opaque(10).IsEmpty);
        Assert.True(padded.IsOverrun);
    }

    [Fact]
    public void Writers_stay_overrun_and_write_nothing_more()
    {
        var buffer = new byte[6];
        var little = new LittleEndianWriter(buffer);
        little.U32(0x01010101);
        little.U64(ulong.MaxValue);
        little.U8(9);
        little.U16(9);
        little.Str("x"u8);
        little.Bytes("x"u8);
        little.Zeroes(1);
        Assert.True(little.IsOverrun);
        Assert.Equal(4, little.Position);
        Assert.Equal([1, 1, 1, 1, 0, 0], buffer);
        var big = new BigEndianWriter(buffer);
        big.Bytes(new byte[7]);
        big.U8(9);
        big.U16(9);
        big.U32(9);
        big.U64(9);
        big.Zeroes(1);
        Assert.Equal((true, 0), (big.IsOverrun, big.Position));
        var xdr = new XdrWriter(buffer);
        xdr.Opaque(new byte[4]);
        xdr.FixedOpaque([9]);
        xdr.U8(9);
        Assert.True(xdr.IsOverrun);
        Assert.Equal(4, xdr.Position);
        Assert.Equal([0, 0, 0, 4, 0, 0], buffer);
        var text = new LittleEndianWriter(new byte[100_000]);
        text.Str(new byte[65536]);
        Assert.Equal((true, 0), (text.IsOverrun, text.Position));
        var longest = new LittleEndianWriter(new byte[65537]);
        longest.Str(new byte[65535]);
        Assert.Equal((false, 65537), (longest.IsOverrun, longest.Position));
    }

    // Kinds: 0 to 3 are integers of 1, 2, 4 and 8 bytes, 4 has its length before it, 5 has not.
    private static (int Kind, ulong Value, byte[] Bytes)[] Items(int seed, bool hasStrings)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, 60).Select(_ =>
        {
            var kind = random.Next(6);
            if (kind == 4 && !hasStrings)
                kind = 5;
            var bytes = new byte[kind >= 4 ? random.Next(1, 20) : 0];
            random.NextBytes(bytes);
            return (kind, (ulong)random.NextInt64(long.MinValue, long.MaxValue), bytes);
        }).Append((3, ulong.MaxValue, [])).ToArray();
    }
}
