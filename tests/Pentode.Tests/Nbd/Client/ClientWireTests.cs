using Pentode.Nbd.Wire;
using static Pentode.Tests.Nbd.Client.ScriptedServer;

namespace Pentode.Tests.Nbd.Client;

/// <summary>The codecs of the client's direction: golden bytes, truncated at every byte, one byte too long.</summary>
public sealed class ClientWireTests
{
    private delegate bool Reader(ReadOnlySpan<byte> data);

    [Fact]
    public void OptionsHaveTheirBytes()
    {
        var to = new byte[256];
        Assert.Equal(16, NbdOptions.Plain(to, NbdOption.NBD_OPT_LIST));
        Assert.Equal("49484156454F5054" + "00000003" + "00000000", Convert.ToHexString(to.AsSpan(0, 16)));
        var length = NbdOptions.Plain(to, NbdOption.NBD_OPT_EXPORT_NAME, "ab"u8);
        Assert.Equal("49484156454F5054" + "00000001" + "00000002" + "6162", Convert.ToHexString(to.AsSpan(0, length)));
        length = NbdOptions.Info(to, NbdOption.NBD_OPT_GO, "ab"u8, [NbdInfo.NBD_INFO_NAME, NbdInfo.NBD_INFO_BLOCK_SIZE]);
        Assert.Equal("49484156454F5054" + "00000007" + "0000000C" + "00000002" + "6162" + "0002" + "0001" + "0003", Convert.ToHexString(to.AsSpan(0, length)));
        Assert.True(NbdInfoQuery.TryRead(to.AsSpan(16, length - 16), out var query));
        Assert.True(query.Wants(NbdInfo.NBD_INFO_BLOCK_SIZE) && !query.Wants(NbdInfo.NBD_INFO_DESCRIPTION));
        length = NbdOptions.Meta(to, NbdOption.NBD_OPT_SET_META_CONTEXT, "ab"u8, ["base:allocation"u8.ToArray(), "x"u8.ToArray()]);
        Assert.StartsWith("49484156454F5054" + "0000000A" + "00000022" + "00000002" + "6162" + "00000002" + "0000000F", Convert.ToHexString(to.AsSpan(0, length)), StringComparison.Ordinal);
        Assert.True(NbdMetaQuery.TryRead(to.AsSpan(16, length - 16), out var meta));
        Assert.True(meta.HasAllocation && meta.Count == 2);
    }

    [Fact]
    public void FixedMessagesTakeNoOtherLength()
    {
        Exact(Cat(U16(0), U64(5), U16(1)), d => NbdInfoReply.TryRead(d, out var r) && r is { Type: NbdInfo.NBD_INFO_EXPORT, Size: 5, Flags: NbdTransmissionFlags.NBD_FLAG_HAS_FLAGS });
        Exact(Cat(U16(3), U32(1), U32(4096), U32(uint.MaxValue)), d => NbdInfoReply.TryRead(d, out var r) && r is { Minimum: 1, Preferred: 4096, Maximum: uint.MaxValue });
        Exact(Cat(U32(5), U16(2), Text("no")), d => NbdErrorChunk.TryRead(d, false, out var r) && r.Error == 5 && r.Text.SequenceEqual("no"u8));
        Exact(Cat(U32(5), U16(2), Text("no"), U64(99)), d => NbdErrorChunk.TryRead(d, true, out var r) && r.Offset == 99);
    }

    [Fact]
    public void TextsTakeTheRest()
    {
        Assert.True(NbdServerReply.TryRead(Cat(U32(2), Text("abcd")), out var server) && server.Name.SequenceEqual("ab"u8) && server.Description.SequenceEqual("cd"u8));
        Assert.True(NbdServerReply.TryRead(U32(0), out server) && server.Name.IsEmpty && server.Description.IsEmpty);
        Assert.False(NbdServerReply.TryRead(Cat(U32(3), Text("ab")), out _));
        Assert.False(NbdServerReply.TryRead(Cat(U32(uint.MaxValue), Text("ab")), out _));
        Assert.False(NbdServerReply.TryRead(Cat(U32(0), new byte[4097]), out _));
        Assert.True(NbdContextReply.TryRead(Cat(U32(7), Text("x:y")), out var context) && context.Id == 7 && context.Name.SequenceEqual("x:y"u8));
        Assert.False(NbdContextReply.TryRead(new byte[3], out _));
        Assert.False(NbdContextReply.TryRead(new byte[4 + 4097], out _));
        Assert.True(NbdInfoReply.TryRead(Cat(U16(2), Text("disk")), out var info) && info.Text.SequenceEqual("disk"u8));
        Assert.False(NbdInfoReply.TryRead(new byte[1], out _));
    }

    [Fact]
    public void HeadsAreReadWhole()
    {
        var reply = Cat(U64(NbdWire.OptionReplyMagic), U32(7), U32(0x80000006), U32(11));
        Assert.True(NbdOptionReplyHeader.TryRead(reply, out var option));
        Assert.Equal((NbdOption.NBD_OPT_GO, NbdOptionReply.NBD_REP_ERR_UNKNOWN, 11u), (option.Option, option.Type, option.Length));
        for (var i = 0; i < reply.Length; i++)
            Assert.False(NbdOptionReplyHeader.TryRead(reply.AsSpan(0, i), out _));

        var simple = Cat(U32(NbdWire.SimpleReplyMagic), U32(22), U64(0x1234));
        Assert.Equal(16, NbdReplyHeader.TryRead(simple, out var head));
        Assert.True(head is { IsChunk: false, Error: 22, Cookie: 0x1234 });
        var chunk = Cat(U32(NbdWire.ChunkMagic), U16(1), U16(0x8002), U64(0x1234), U32(77));
        Assert.Equal(20, NbdReplyHeader.TryRead(chunk, out head));
        Assert.True(head is { IsChunk: true, IsDone: true, Type: NbdReplyChunk.NBD_REPLY_TYPE_ERROR_OFFSET, Cookie: 0x1234, Length: 77 });
        for (var i = 0; i < chunk.Length; i++)
            Assert.Equal(0, NbdReplyHeader.TryRead(chunk.AsSpan(0, i), out _));
        Assert.Equal(-1, NbdReplyHeader.TryRead(new byte[16], out _));
    }

    private static void Exact(byte[] data, Reader read)
    {
        Assert.True(read(data));
        for (var i = 0; i < data.Length; i++)
            Assert.False(read(data.AsSpan(0, i)));
        Assert.False(read([.. data, 0]));
    }
}
