using Pentode.Core.Codecs;

namespace Pentode.Tests.Core;

public sealed class CodecTests
{
    [Fact]
    public void Little_endian_values_come_back()
    {
        Span<byte> buffer = stackalloc byte[15 + 2 + 3];
        var writer = new LittleEndianWriter(buffer);
        writer.U8(0x11);
        writer.U16(0x2233);
        writer.U32(0x44556677);
        writer.U64(0x8899aabbccddeeff);
        writer.Str("abc"u8);
        Assert.False(writer.IsOverrun);
        Assert.Equal(buffer.Length, writer.Position);
        Assert.Equal([0x11, 0x33, 0x22, 0x77, 0x66, 0x55, 0x44], buffer[..7].ToArray());

        var reader = new LittleEndianReader(buffer);
        Assert.Equal(0x11, reader.U8());
        Assert.Equal(0x2233, reader.U16());
        Assert.Equal(0x44556677u, reader.U32());
        Assert.Equal(0x8899aabbccddeeffu, reader.U64());
        Assert.Equal("abc"u8.ToArray(), reader.Str().ToArray());
        Assert.True(reader.Done());
    }

    [Fact]
    public void Big_endian_values_come_back()
    {
        Span<byte> buffer = stackalloc byte[15];
        var writer = new BigEndianWriter(buffer);
        writer.U8(1);
        writer.U16(0x0203);
        writer.U32(0x04050607);
        writer.U64(0x08090a0b0c0d0e0f);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], buffer.ToArray());
        var reader = new BigEndianReader(buffer);
        Assert.Equal(1, reader.U8());
        Assert.Equal(0x0203, reader.U16());
        Assert.Equal(0x04050607u, reader.U32());
        Assert.Equal(0x08090a0b0c0d0e0fu, reader.U64());
        Assert.True(reader.Done());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Xdr_opaque_is_padded_to_four(int length)
    {
        Span<byte> buffer = stackalloc byte[4 + ((length + 3) & ~3)];
        var writer = new XdrWriter(buffer);
        writer.Opaque(new byte[length]);
        Assert.False(writer.IsOverrun);
        Assert.Equal(buffer.Length, writer.Position);
        var reader = new XdrReader(buffer);
        Assert.Equal(length, reader.Opaque(16).Length);
        Assert.True(reader.Done());
    }

    [Fact]
    public void Overrun_is_sticky_and_yields_zeroes()
    {
        var reader = new BigEndianReader([1, 2, 3]);
        Assert.Equal(0u, reader.U32());
        Assert.Equal(0, reader.U8());
        Assert.True(reader.IsOverrun);
        Assert.False(reader.Done());
    }

    [Fact]
    public void Xdr_opaque_over_its_maximum_is_an_overrun()
    {
        var reader = new XdrReader([0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(0, reader.Opaque(7).Length);
        Assert.True(reader.IsOverrun);
    }

    [Fact]
    public void Left_over_bytes_are_not_done()
    {
        var reader = new LittleEndianReader([1, 2]);
        reader.U8();
        Assert.False(reader.Done());
    }

    [Fact]
    public void Writer_that_overruns_writes_nothing_more()
    {
        Span<byte> buffer = stackalloc byte[3];
        var writer = new LittleEndianWriter(buffer);
        writer.U32(0xffffffff);
        writer.U8(0xff);
        Assert.True(writer.IsOverrun);
        Assert.Equal([0, 0, 0], buffer.ToArray());
    }
}
