using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Nbd.Wire;
using Xunit;

namespace Pentode.Tests.Nbd;

/// <summary>Bytes as the protocol document draws them.</summary>
public sealed class WireTests
{
    private const NbdOption Go = NbdOption.NBD_OPT_GO;

    [Fact]
    public void RequestIsGolden()
    {
        var bytes = new byte[28];
        Assert.Equal(28, NbdRequestHeader.Write(bytes, NbdCommand.NBD_CMD_WRITE, NbdCommandFlags.NBD_CMD_FLAG_FUA, 0x0102030405060708, 0x1112131415161718, 0x21222324));
        Assert.Equal("25609513" + "0001" + "0001" + "0102030405060708" + "1112131415161718" + "21222324", Convert.ToHexString(bytes));
        Assert.True(NbdRequestHeader.TryRead(bytes, out var read));
        Assert.Equal(NbdCommand.NBD_CMD_WRITE, read.Type);
        Assert.Equal(NbdCommandFlags.NBD_CMD_FLAG_FUA, read.Flags);
        Assert.Equal(0x0102030405060708u, read.Cookie);
        Assert.Equal(0x1112131415161718u, read.Offset);
        Assert.Equal(0x21222324u, read.Length);
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.False(NbdRequestHeader.TryRead(bytes.AsSpan(0, cut), out _));
        bytes[3] ^= 1;
        Assert.False(NbdRequestHeader.TryRead(bytes, out _));
    }

    [Fact]
    public void OptionHeadersAreGolden()
    {
        var bytes = new byte[16];
        Assert.Equal(16, NbdOptionHeader.Write(bytes, Go, 6));
        Assert.Equal("49484156454F5054" + "00000007" + "00000006", Convert.ToHexString(bytes));
        Assert.True(NbdOptionHeader.TryRead(bytes, out var head));
        Assert.Equal(Go, head.Option);
        Assert.Equal(6u, head.Length);
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.False(NbdOptionHeader.TryRead(bytes.AsSpan(0, cut), out _));
        bytes[0] ^= 1;
        Assert.False(NbdOptionHeader.TryRead(bytes, out _));
        var reply = new byte[20];
        var writer = new BigEndianWriter(reply);
        NbdOptionHeader.WriteReply(ref writer, Go, NbdOptionReply.NBD_REP_ERR_UNKNOWN, 5);
        Assert.Equal(20, writer.Position);
        Assert.Equal("0003E889045565A9" + "00000007" + "80000006" + "00000005", Convert.ToHexString(reply));
    }

    [Fact]
    public void RepliesAreGolden()
    {
        var bytes = new byte[64];
        Assert.Equal("67446698" + "0000001C" + "0102030405060708", Hex(NbdReplies.Simple(bytes, 0x0102030405060708, NbdError.NBD_ENOSPC)));
        Assert.Equal("668E33EF" + "0001" + "0000" + "0102030405060708" + "00000000", Hex(NbdReplies.Chunk(bytes, 0x0102030405060708, NbdReplyChunk.NBD_REPLY_TYPE_NONE, 0)));
        Assert.Equal(
            "668E33EF" + "0001" + "0001" + "0102030405060708" + "00001008" + "1112131415161718",
            Hex(NbdReplies.OffsetData(bytes, 0x0102030405060708, 0x1112131415161718, 4096)));
        Assert.Equal(
            "668E33EF" + "0001" + "8001" + "0000000000000001" + "00000013" + "0000000C" + "000D" + Convert.ToHexString("out of memory"u8),
            Hex(NbdReplies.Error(bytes, 1, NbdError.NBD_ENOMEM)));

        string Hex(int length) => Convert.ToHexString(bytes.AsSpan(0, length));
    }

    [Theory]
    [InlineData(NbdError.NBD_EPERM)]
    [InlineData(NbdError.NBD_EIO)]
    [InlineData(NbdError.NBD_ENOMEM)]
    [InlineData(NbdError.NBD_EINVAL)]
    [InlineData(NbdError.NBD_ENOSPC)]
    [InlineData(NbdError.NBD_EOVERFLOW)]
    [InlineData(NbdError.NBD_ENOTSUP)]
    [InlineData(NbdError.NBD_ESHUTDOWN)]
    public void EveryErrorHasAWellFormedChunk(NbdError error)
    {
        var bytes = new byte[256];
        var length = NbdReplies.Error(bytes, 9, error);
        Assert.Equal(length - 20, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)));
        Assert.Equal((uint)error, BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(20)));
        Assert.Equal(length - 26, BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(24)));
        Assert.Equal(NbdErrors.Text(error), bytes.AsSpan(26, length - 26));
        Assert.Equal((uint)error, (uint)NbdErrors.ToWire(NbdErrors.FromWire((uint)error), isFastZero: true));
    }

    [Fact]
    public void InfoQueryIsGolden()
    {
        var bytes = RawNbdClient.InfoData("disk", NbdInfo.NBD_INFO_BLOCK_SIZE, NbdInfo.NBD_INFO_NAME);
        Assert.Equal("00000004" + "6469736B" + "0002" + "0003" + "0001", Convert.ToHexString(bytes));
        Assert.True(NbdInfoQuery.TryRead(bytes, out var query));
        Assert.Equal("disk"u8, query.Name);
        Assert.True(query.Wants(NbdInfo.NBD_INFO_BLOCK_SIZE) && query.Wants(NbdInfo.NBD_INFO_NAME));
        Assert.False(query.Wants(NbdInfo.NBD_INFO_DESCRIPTION) || query.Wants(NbdInfo.NBD_INFO_EXPORT));
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.False(NbdInfoQuery.TryRead(bytes.AsSpan(0, cut), out _));
        Assert.False(NbdInfoQuery.TryRead([.. bytes, 0], out _));
    }

    [Fact]
    public void InfoQueryTakesEachTypeOnceAndUnknownTypes()
    {
        Assert.True(NbdInfoQuery.TryRead(RawNbdClient.InfoData("", (NbdInfo)0xFFFF, (NbdInfo)0x8000, NbdInfo.NBD_INFO_NAME), out _));
        Assert.False(NbdInfoQuery.TryRead(RawNbdClient.InfoData("", NbdInfo.NBD_INFO_NAME, NbdInfo.NBD_INFO_EXPORT, NbdInfo.NBD_INFO_NAME), out _));
        Assert.False(NbdInfoQuery.TryRead(RawNbdClient.InfoData("", (NbdInfo)0xFFFF, (NbdInfo)0xFFFF), out _));
    }

    [Fact]
    public void MetaQueryIsGolden()
    {
        var bytes = RawNbdClient.MetaData("d", "base:allocation", "x-a:b");
        Assert.Equal(
            "00000001" + "64" + "00000002" + "0000000F" + Convert.ToHexString("base:allocation"u8) + "00000005" + Convert.ToHexString("x-a:b"u8),
            Convert.ToHexString(bytes));
        Assert.True(NbdMetaQuery.TryRead(bytes, out var query));
        Assert.Equal("d"u8, query.Name);
        Assert.Equal(2u, query.Count);
        Assert.True(query.HasAllocation);
        Assert.False(query.HasBaseWildcard);
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.False(NbdMetaQuery.TryRead(bytes.AsSpan(0, cut), out _));
        Assert.False(NbdMetaQuery.TryRead([.. bytes, 0], out _));
        Assert.True(NbdMetaQuery.TryRead(RawNbdClient.MetaData("", "base:"), out var wildcard));
        Assert.True(wildcard.HasBaseWildcard && !wildcard.HasAllocation);
    }

    [Theory]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    public void StringsHaveALimit(int length, bool isTaken)
    {
        var text = new string('n', length);
        Assert.Equal(isTaken, NbdInfoQuery.TryRead(RawNbdClient.InfoData(text), out _));
        Assert.Equal(isTaken, NbdMetaQuery.TryRead(RawNbdClient.MetaData(text), out _));
        Assert.Equal(isTaken, NbdMetaQuery.TryRead(RawNbdClient.MetaData("", text), out _));
    }

    [Theory]
    [InlineData("FFFFFFFF" + "0000")]
    [InlineData("7FFFFFFF" + "0000")]
    [InlineData("00000000" + "FFFF")]
    public void LyingInfoLengthsAreRefused(string hex) => Assert.False(NbdInfoQuery.TryRead(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData("FFFFFFFF" + "00000000")]
    [InlineData("00000000" + "FFFFFFFF")]
    [InlineData("00000000" + "FFFFFFFF" + "FFFFFFFF")]
    [InlineData("00000000" + "00000001" + "80000000")]
    public void LyingMetaLengthsAreRefused(string hex) => Assert.False(NbdMetaQuery.TryRead(Convert.FromHexString(hex), out _));

    [Fact]
    public void EveryErrnoHasTheValueOfTheTable()
    {
        var table = new Dictionary<Errno, NbdError>
        {
            [Errno.None] = NbdError.NBD_SUCCESS,
            [Errno.EPERM] = NbdError.NBD_EPERM,
            [Errno.EACCES] = NbdError.NBD_EPERM,
            [Errno.EROFS] = NbdError.NBD_EPERM,
            [Errno.EIO] = NbdError.NBD_EIO,
            [Errno.EREMOTEIO] = NbdError.NBD_EIO,
            [Errno.ENODATA] = NbdError.NBD_EIO,
            [Errno.EILSEQ] = NbdError.NBD_EIO,
            [Errno.ENOMEDIUM] = NbdError.NBD_EIO,
            [Errno.EUCLEAN] = NbdError.NBD_EIO,
            [Errno.EBADMSG] = NbdError.NBD_EIO,
            [Errno.ENOMEM] = NbdError.NBD_ENOMEM,
            [Errno.ENOSPC] = NbdError.NBD_ENOSPC,
            [Errno.EDQUOT] = NbdError.NBD_ENOSPC,
            [Errno.EFBIG] = NbdError.NBD_ENOSPC,
            [Errno.EOVERFLOW] = NbdError.NBD_EOVERFLOW,
            [Errno.ESHUTDOWN] = NbdError.NBD_ESHUTDOWN,
        };
        foreach (var error in Enum.GetValues<Errno>())
        {
            Assert.Equal(table.GetValueOrDefault(error, NbdError.NBD_EINVAL), NbdErrors.ToWire(error));
            var fast = error == Errno.EOPNOTSUPP ? NbdError.NBD_ENOTSUP : table.GetValueOrDefault(error, NbdError.NBD_EINVAL);
            Assert.Equal(fast, NbdErrors.ToWire(error, isFastZero: true));
        }

        Assert.Equal(Errno.EINVAL, NbdErrors.FromWire(4711));
    }
}
