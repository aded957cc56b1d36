using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Requests about entries, attributes and locks, byte for byte.</summary>
public sealed class WireTreeRequestTests
{
    [Fact]
    public void Tsymlink_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tsymlink { Dfid = 0x13121110, Name = "alpha"u8, Target = "be"u8, Gid = 0x17161514 },
            "1A000000100102101112130500616C7068610200626514151617");

    [Fact]
    public void Tmknod_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tmknod { Dfid = 0x13121110, Name = "alpha"u8, Mode = 0x17161514, Major = 0x1B1A1918, Minor = 0x1F1E1D1C, Gid = 0x23222120 },
            "22000000120102101112130500616C7068611415161718191A1B1C1D1E1F20212223");

    [Fact]
    public void Trename_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Trename { Fid = 0x13121110, Newdirfid = 0x17161514, Name = "alpha"u8 },
            "1600000014010210111213141516170500616C706861");

    [Fact]
    public void Treadlink_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Treadlink { Fid = 0x13121110 },
            "0B00000016010210111213");

    [Fact]
    public void Tgetattr_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tgetattr { Fid = 0x13121110, RequestMask = 0x1B1A191817161514 },
            "13000000180102101112131415161718191A1B");

    [Fact]
    public void Tsetattr_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tsetattr { Fid = 0x13121110, Valid = 0x17161514, Mode = 0x1B1A1918, Uid = 0x1F1E1D1C, Gid = 0x23222120, Length = 0x2B2A292827262524, AtimeSec = 0x333231302F2E2D2C, AtimeNsec = 0x3B3A393837363534, MtimeSec = 0x434241403F3E3D3C, MtimeNsec = 0x4B4A494847464544 },
            "430000001A0102101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C2D2E2F303132333435363738393A3B3C3D3E3F" +
            "404142434445464748494A4B");

    [Fact]
    public void Txattrwalk_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Txattrwalk { Fid = 0x13121110, Newfid = 0x17161514, Name = "alpha"u8 },
            "160000001E010210111213141516170500616C706861");

    [Fact]
    public void Txattrcreate_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Txattrcreate { Fid = 0x13121110, Name = "alpha"u8, AttrSize = 0x1B1A191817161514, Flags = 0x1F1E1D1C },
            "1E000000200102101112130500616C7068611415161718191A1B1C1D1E1F");

    [Fact]
    public void Tlock_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tlock { Fid = 0x13121110, Kind = 0x14, Flags = 0x18171615, Start = 0x201F1E1D1C1B1A19, Length = 0x2827262524232221, ProcId = 0x2C2B2A29, ClientId = "alpha"u8 },
            "2B000000340102101112131415161718191A1B1C1D1E1F202122232425262728292A2B2C0500616C706861");

    [Fact]
    public void Tgetlock_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tgetlock { Fid = 0x13121110, Kind = 0x14, Start = 0x1C1B1A1918171615, Length = 0x24232221201F1E1D, ProcId = 0x28272625, ClientId = "alpha"u8 },
            "27000000360102101112131415161718191A1B1C1D1E1F2021222324252627280500616C706861");

    [Fact]
    public void Tlink_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tlink { Dfid = 0x13121110, Fid = 0x17161514, Name = "alpha"u8 },
            "1600000046010210111213141516170500616C706861");

    [Fact]
    public void Tmkdir_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tmkdir { Dfid = 0x13121110, Name = "alpha"u8, Mode = 0x17161514, Gid = 0x1B1A1918 },
            "1A000000480102101112130500616C7068611415161718191A1B");

    [Fact]
    public void Trenameat_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Trenameat { Olddirfid = 0x13121110, Oldname = "alpha"u8, Newdirfid = 0x17161514, Newname = "be"u8 },
            "1A0000004A0102101112130500616C7068611415161702006265");

    [Fact]
    public void Tunlinkat_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tunlinkat { Dirfid = 0x13121110, Name = "alpha"u8, Flags = 0x17161514 },
            "160000004C0102101112130500616C70686114151617");
}
