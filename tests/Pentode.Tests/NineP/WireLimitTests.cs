using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Counts and lengths that do not fit their frame.</summary>
public sealed class WireLimitTests
{
    [Fact]
    public void A_walk_has_16_names_at_most()
    {
        Assert.True(Twalk.TryRead(Names(16), out var walk));
        Assert.Equal(16, walk.Count);
        Assert.False(Twalk.TryRead(Names(17), out _));
    }

    [Theory]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0x80000000u)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(5u)]
    [InlineData(3u)]
    public void A_write_whose_count_is_not_its_data_is_refused(uint count)
    {
        var body = new byte[20];
        var w = new LittleEndianWriter(body);
        w.U32(1);
        w.U64(0);
        w.U32(count);
        Assert.False(Twrite.TryRead(body, out _));
    }

    [Fact]
    public void A_string_longer_than_its_frame_is_refused()
    {
        var body = new byte[20];
        var w = new LittleEndianWriter(body);
        w.U32(1);
        w.U16(0xFFFF);
        Assert.False(Tmkdir.TryRead(body, out _));
    }

    [Fact]
    public void A_directory_entry_is_read_back()
    {
        var entry = new DirEntry { Qid = new Qid(2, 3, 4), Offset = 5, Kind = 10, Name = "link"u8 };
        var bytes = new byte[entry.Size];
        var w = new LittleEndianWriter(bytes);
        entry.Write(ref w);
        Assert.Equal("02030000000400000000000000" + "0500000000000000" + "0A" + "04006C696E6B", Convert.ToHexString(bytes));
        var r = new LittleEndianReader(bytes);
        Assert.True(DirEntry.TryRead(ref r, out var read));
        Assert.Equal((entry.Qid, 5ul, (byte)10), (read.Qid, read.Offset, read.Kind));
        Assert.True(read.Name.SequenceEqual("link"u8));
        for (var i = 0; i < bytes.Length; i++)
        {
            r = new LittleEndianReader(bytes.AsSpan(0, i));
            Assert.False(DirEntry.TryRead(ref r, out _));
        }
    }

    private static byte[] Names(ushort count)
    {
        var body = new byte[10 + (count * 3)];
        var w = new LittleEndianWriter(body);
        w.U32(1);
        w.U32(2);
        w.U16(count);
        for (var i = 0; i < count; i++)
            w.Str("a"u8);
        return body;
    }
}
