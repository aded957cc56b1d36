using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Replies, byte for byte.</summary>
public sealed class WireReplyTests
{
    private static readonly byte[] s_qids = [2, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];

    [Fact]
    public void Rlerror_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rlerror { Ecode = 0x13121110 },
            "0B00000007010210111213");

    [Fact]
    public void Rstatfs_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rstatfs { Kind = 0x13121110, Bsize = 0x17161514, Blocks = 0x1F1E1D1C1B1A1918, Bfree = 0x2726252423222120, Bavail = 0x2F2E2D2C2B2A2928, Files = 0x3736353433323130, Ffree = 0x3F3E3D3C3B3A3938, Fsid = 0x4746454443424140, Namelen = 0x4B4A4948 },
            "43000000090102101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F" +
            "404142434445464748494A4B");

    [Fact]
    public void Rlopen_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rlopen { Qid = new Qid(0x80, 0x21222324, 0x3132333435363738), Iounit = 0x13121110 },
            "180000000D01028024232221383736353433323110111213");

    [Fact]
    public void Rlcreate_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rlcreate { Qid = new Qid(0x80, 0x21222324, 0x3132333435363738), Iounit = 0x13121110 },
            "180000000F01028024232221383736353433323110111213");

    [Fact]
    public void Rsymlink_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rsymlink { Qid = new Qid(0x80, 0x21222324, 0x3132333435363738) },
            "1400000011010280242322213837363534333231");

    [Fact]
    public void Rmknod_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rmknod { Qid = new Qid(0x80, 0x21222324, 0x3132333435363738) },
            "1400000013010280242322213837363534333231");

    [Fact]
    public void Rreadlink_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rreadlink { Target = "alpha"u8 },
            "0E0000001701020500616C706861");

    [Fact]
    public void Rgetattr_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rgetattr { Valid = 0x1716151413121110, Qid = new Qid(0x80, 0x21222324, 0x3132333435363738), Mode = 0x1B1A1918, Uid = 0x1F1E1D1C, Gid = 0x23222120, Nlink = 0x2B2A292827262524, Rdev = 0x333231302F2E2D2C, Length = 0x3B3A393837363534, Blksize = 0x434241403F3E3D3C, Blocks = 0x4B4A494847464544, AtimeSec = 0x535251504F4E4D4C, AtimeNsec = 0x5B5A595857565554, MtimeSec = 0x636261605F5E5D5C, MtimeNsec = 0x6B6A696867666564, CtimeSec = 0x737271706F6E6D6C, CtimeNsec = 0x7B7A797877767574, BtimeSec = 0x838281807F7E7D7C, BtimeNsec = 0x8B8A898887868584, Gen = 0x939291908F8E8D8C, DataVersion = 0x9B9A999897969594 },
            "A000000019010210111213141516178024232221383736353433323118191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132" +
            "333435363738393A3B3C3D3E3F404142434445464748494A4B4C4D4E4F505152535455565758595A5B5C5D5E5F60616263646566676869" +
            "6A6B6C6D6E6F707172737475767778797A7B7C7D7E7F808182838485868788898A8B8C8D8E8F909192939495969798999A9B");

    [Fact]
    public void Rxattrwalk_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rxattrwalk { Length = 0x1716151413121110 },
            "0F0000001F01021011121314151617");

    [Fact]
    public void Rreaddir_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rreaddir { Data = "data"u8 },
            "0F0000002901020400000064617461");

    [Fact]
    public void Rlock_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rlock { Status = 0x10 },
            "0800000035010210");

    [Fact]
    public void Rgetlock_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rgetlock { Kind = 0x10, Start = 0x1817161514131211, Length = 0x201F1E1D1C1B1A19, ProcId = 0x24232221, ClientId = "alpha"u8 },
            "23000000370102101112131415161718191A1B1C1D1E1F20212223240500616C706861");

    [Fact]
    public void Rmkdir_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rmkdir { Qid = new Qid(0x80, 0x21222324, 0x3132333435363738) },
            "1400000049010280242322213837363534333231");

    [Fact]
    public void Rversion_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rversion { Msize = 0x13121110, Version = "9P2000.L"u8 },
            "150000006501021011121308003950323030302E4C");

    [Fact]
    public void Rauth_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rauth { Aqid = new Qid(0x80, 0x21222324, 0x3132333435363738) },
            "1400000067010280242322213837363534333231");

    [Fact]
    public void Rattach_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rattach { Qid = new Qid(0x80, 0x21222324, 0x3132333435363738) },
            "1400000069010280242322213837363534333231");

    [Fact]
    public void Rwalk_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rwalk { Qids = s_qids },
            "230000006F010202000201000000020000000000000002010000000200000000000000");

    [Fact]
    public void Rread_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rread { Data = "data"u8 },
            "0F0000007501020400000064617461");

    [Fact]
    public void Rwrite_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Rwrite { Count = 0x13121110 },
            "0B00000077010210111213");
}
