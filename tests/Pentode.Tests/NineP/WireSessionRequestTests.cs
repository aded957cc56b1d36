using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Requests about sessions, fids and data, byte for byte.</summary>
public sealed class WireSessionRequestTests
{
    [Fact]
    public void Tstatfs_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tstatfs { Fid = 0x13121110 },
            "0B00000008010210111213");

    [Fact]
    public void Tlopen_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tlopen { Fid = 0x13121110, Flags = 0x17161514 },
            "0F0000000C01021011121314151617");

    [Fact]
    public void Tlcreate_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tlcreate { Fid = 0x13121110, Name = "alpha"u8, Flags = 0x17161514, Mode = 0x1B1A1918, Gid = 0x1F1E1D1C },
            "1E0000000E0102101112130500616C7068611415161718191A1B1C1D1E1F");

    [Fact]
    public void Treaddir_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Treaddir { Fid = 0x13121110, Offset = 0x1B1A191817161514, Count = 0x1F1E1D1C },
            "17000000280102101112131415161718191A1B1C1D1E1F");

    [Fact]
    public void Tfsync_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tfsync { Fid = 0x13121110, Datasync = 0x17161514 },
            "0F0000003201021011121314151617", shortest: 4);

    [Fact]
    public void Tversion_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tversion { Msize = 0x13121110, Version = "9P2000.L"u8 },
            "150000006401021011121308003950323030302E4C");

    [Fact]
    public void Tauth_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tauth { Afid = 0x13121110, Uname = "alpha"u8, Aname = "be"u8, NUname = 0x17161514 },
            "1A000000660102101112130500616C7068610200626514151617");

    [Fact]
    public void Tattach_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tattach { Fid = 0x13121110, Afid = 0x17161514, Uname = "alpha"u8, Aname = "be"u8, NUname = 0x1B1A1918 },
            "1E00000068010210111213141516170500616C7068610200626518191A1B");

    [Fact]
    public void Tflush_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tflush { Oldtag = 0x1110 },
            "090000006C01021011");

    [Fact]
    public void Twalk_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Twalk { Fid = 0x13121110, Newfid = 0x17161514, Count = 0x0002, Names = [2, 0, (byte)'.', (byte)'.', 1, 0, (byte)'a'] },
            "180000006E01021011121314151617020002002E2E010061");

    [Fact]
    public void Tread_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tread { Fid = 0x13121110, Offset = 0x1B1A191817161514, Count = 0x1F1E1D1C },
            "17000000740102101112131415161718191A1B1C1D1E1F");

    [Fact]
    public void Twrite_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Twrite { Fid = 0x13121110, Offset = 0x1B1A191817161514, Data = "data"u8 },
            "1B000000760102101112131415161718191A1B0400000064617461");

    [Fact]
    public void Tclunk_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tclunk { Fid = 0x13121110 },
            "0B00000078010210111213");

    [Fact]
    public void Tremove_is_as_the_protocol_has_it() =>
        WireCheck.Message(
            new Tremove { Fid = 0x13121110 },
            "0B0000007A010210111213");
}
