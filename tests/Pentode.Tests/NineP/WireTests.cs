using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Every message: round trip, truncation at every byte, one trailing byte.</summary>
public sealed class WireTests
{
    private static ReadOnlySpan<byte> Text => "name"u8;

    [Fact]
    public void Tlopen_golden()
    {
        var buffer = new byte[8];
        var w = new LittleEndianWriter(buffer);
        new Tlopen { Fid = 2, Flags = 0x8000 }.Write(ref w);
        Assert.Equal("0200000000800000", Convert.ToHexString(buffer));
    }

    [Fact]
    public void Tversion_golden()
    {
        Assert.True(Tversion.TryRead(Convert.FromHexString("0000010008003950323030302E4C"), out var m));
        Assert.Equal(65536u, m.Msize);
        Assert.True(m.Version.SequenceEqual("9P2000.L"u8));
    }

    [Fact]
    public void Twalk_refuses_more_than_16_names()
    {
        var body = new byte[10 + (17 * 3)];
        var w = new LittleEndianWriter(body);
        w.U32(1);
        w.U32(2);
        w.U16(17);
        for (var i = 0; i < 17; i++)
            w.Str("a"u8);
        Assert.False(Twalk.TryRead(body, out _));
    }

    [Fact]
    public void Tfsync_without_datasync_is_read() => Assert.True(Tfsync.TryRead(new byte[4], out _));

    [Fact]
    public void Tstatfs_round_trip()
    {
        var original = new Tstatfs { Fid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tstatfs.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tstatfs.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tstatfs.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tlopen_round_trip()
    {
        var original = new Tlopen { Fid = 0x12345678, Flags = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tlopen.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Flags, m.Flags);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tlopen.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tlopen.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tlcreate_round_trip()
    {
        var original = new Tlcreate { Fid = 0x12345678, Name = Text, Flags = 0x12345678, Mode = 0x12345678, Gid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tlcreate.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.True(m.Name.SequenceEqual(Text));
        Assert.Equal(original.Flags, m.Flags);
        Assert.Equal(original.Mode, m.Mode);
        Assert.Equal(original.Gid, m.Gid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tlcreate.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tlcreate.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tsymlink_round_trip()
    {
        var original = new Tsymlink { Dfid = 0x12345678, Name = Text, Target = Text, Gid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tsymlink.TryRead(body, out var m));
        Assert.Equal(original.Dfid, m.Dfid);
        Assert.True(m.Name.SequenceEqual(Text));
        Assert.True(m.Target.SequenceEqual(Text));
        Assert.Equal(original.Gid, m.Gid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tsymlink.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tsymlink.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tmknod_round_trip()
    {
        var original = new Tmknod { Dfid = 0x12345678, Name = Text, Mode = 0x12345678, Major = 0x12345678, Minor = 0x12345678, Gid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tmknod.TryRead(body, out var m));
        Assert.Equal(original.Dfid, m.Dfid);
        Assert.True(m.Name.SequenceEqual(Text));
        Assert.Equal(original.Mode, m.Mode);
        Assert.Equal(original.Major, m.Major);
        Assert.Equal(original.Minor, m.Minor);
        Assert.Equal(original.Gid, m.Gid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tmknod.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tmknod.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Trename_round_trip()
    {
        var original = new Trename { Fid = 0x12345678, Newdirfid = 0x12345678, Name = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Trename.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Newdirfid, m.Newdirfid);
        Assert.True(m.Name.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Trename.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Trename.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Treadlink_round_trip()
    {
        var original = new Treadlink { Fid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Treadlink.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Treadlink.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Treadlink.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tgetattr_round_trip()
    {
        var original = new Tgetattr { Fid = 0x12345678, RequestMask = 0x123456789ABCDEF0 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tgetattr.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.RequestMask, m.RequestMask);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tgetattr.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tgetattr.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tsetattr_round_trip()
    {
        var original = new Tsetattr { Fid = 0x12345678, Valid = 0x12345678, Mode = 0x12345678, Uid = 0x12345678, Gid = 0x12345678, Length = 0x123456789ABCDEF0, AtimeSec = 0x123456789ABCDEF0, AtimeNsec = 0x123456789ABCDEF0, MtimeSec = 0x123456789ABCDEF0, MtimeNsec = 0x123456789ABCDEF0 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tsetattr.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Valid, m.Valid);
        Assert.Equal(original.Mode, m.Mode);
        Assert.Equal(original.Uid, m.Uid);
        Assert.Equal(original.Gid, m.Gid);
        Assert.Equal(original.Length, m.Length);
        Assert.Equal(original.AtimeSec, m.AtimeSec);
        Assert.Equal(original.AtimeNsec, m.AtimeNsec);
        Assert.Equal(original.MtimeSec, m.MtimeSec);
        Assert.Equal(original.MtimeNsec, m.MtimeNsec);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tsetattr.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tsetattr.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Txattrwalk_round_trip()
    {
        var original = new Txattrwalk { Fid = 0x12345678, Newfid = 0x12345678, Name = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Txattrwalk.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Newfid, m.Newfid);
        Assert.True(m.Name.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Txattrwalk.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Txattrwalk.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Txattrcreate_round_trip()
    {
        var original = new Txattrcreate { Fid = 0x12345678, Name = Text, AttrSize = 0x123456789ABCDEF0, Flags = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Txattrcreate.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.True(m.Name.SequenceEqual(Text));
        Assert.Equal(original.AttrSize, m.AttrSize);
        Assert.Equal(original.Flags, m.Flags);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Txattrcreate.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Txattrcreate.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Treaddir_round_trip()
    {
        var original = new Treaddir { Fid = 0x12345678, Offset = 0x123456789ABCDEF0, Count = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Treaddir.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Offset, m.Offset);
        Assert.Equal(original.Count, m.Count);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Treaddir.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Treaddir.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tfsync_round_trip()
    {
        var original = new Tfsync { Fid = 0x12345678, Datasync = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tfsync.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Datasync, m.Datasync);
        for (var i = 0; i < body.Length; i++)
        {
            if (i == 4)
                continue;
            Assert.False(Tfsync.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tfsync.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tlock_round_trip()
    {
        var original = new Tlock { Fid = 0x12345678, Kind = 7, Flags = 0x12345678, Start = 0x123456789ABCDEF0, Length = 0x123456789ABCDEF0, ProcId = 0x12345678, ClientId = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tlock.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Kind, m.Kind);
        Assert.Equal(original.Flags, m.Flags);
        Assert.Equal(original.Start, m.Start);
        Assert.Equal(original.Length, m.Length);
        Assert.Equal(original.ProcId, m.ProcId);
        Assert.True(m.ClientId.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tlock.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tlock.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tgetlock_round_trip()
    {
        var original = new Tgetlock { Fid = 0x12345678, Kind = 7, Start = 0x123456789ABCDEF0, Length = 0x123456789ABCDEF0, ProcId = 0x12345678, ClientId = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tgetlock.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Kind, m.Kind);
        Assert.Equal(original.Start, m.Start);
        Assert.Equal(original.Length, m.Length);
        Assert.Equal(original.ProcId, m.ProcId);
        Assert.True(m.ClientId.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tgetlock.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tgetlock.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tlink_round_trip()
    {
        var original = new Tlink { Dfid = 0x12345678, Fid = 0x12345678, Name = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tlink.TryRead(body, out var m));
        Assert.Equal(original.Dfid, m.Dfid);
        Assert.Equal(original.Fid, m.Fid);
        Assert.True(m.Name.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tlink.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tlink.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tmkdir_round_trip()
    {
        var original = new Tmkdir { Dfid = 0x12345678, Name = Text, Mode = 0x12345678, Gid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tmkdir.TryRead(body, out var m));
        Assert.Equal(original.Dfid, m.Dfid);
        Assert.True(m.Name.SequenceEqual(Text));
        Assert.Equal(original.Mode, m.Mode);
        Assert.Equal(original.Gid, m.Gid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tmkdir.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tmkdir.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Trenameat_round_trip()
    {
        var original = new Trenameat { Olddirfid = 0x12345678, Oldname = Text, Newdirfid = 0x12345678, Newname = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Trenameat.TryRead(body, out var m));
        Assert.Equal(original.Olddirfid, m.Olddirfid);
        Assert.True(m.Oldname.SequenceEqual(Text));
        Assert.Equal(original.Newdirfid, m.Newdirfid);
        Assert.True(m.Newname.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Trenameat.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Trenameat.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tunlinkat_round_trip()
    {
        var original = new Tunlinkat { Dirfid = 0x12345678, Name = Text, Flags = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tunlinkat.TryRead(body, out var m));
        Assert.Equal(original.Dirfid, m.Dirfid);
        Assert.True(m.Name.SequenceEqual(Text));
        Assert.Equal(original.Flags, m.Flags);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tunlinkat.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tunlinkat.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tversion_round_trip()
    {
        var original = new Tversion { Msize = 0x12345678, Version = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tversion.TryRead(body, out var m));
        Assert.Equal(original.Msize, m.Msize);
        Assert.True(m.Version.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tversion.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tversion.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tauth_round_trip()
    {
        var original = new Tauth { Afid = 0x12345678, Uname = Text, Aname = Text, NUname = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tauth.TryRead(body, out var m));
        Assert.Equal(original.Afid, m.Afid);
        Assert.True(m.Uname.SequenceEqual(Text));
        Assert.True(m.Aname.SequenceEqual(Text));
        Assert.Equal(original.NUname, m.NUname);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tauth.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tauth.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tattach_round_trip()
    {
        var original = new Tattach { Fid = 0x12345678, Afid = 0x12345678, Uname = Text, Aname = Text, NUname = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tattach.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Afid, m.Afid);
        Assert.True(m.Uname.SequenceEqual(Text));
        Assert.True(m.Aname.SequenceEqual(Text));
        Assert.Equal(original.NUname, m.NUname);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tattach.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tattach.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tflush_round_trip()
    {
        var original = new Tflush { Oldtag = 0x1234 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tflush.TryRead(body, out var m));
        Assert.Equal(original.Oldtag, m.Oldtag);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tflush.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tflush.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Twalk_round_trip()
    {
        var original = new Twalk { Fid = 0x12345678, Newfid = 0x12345678, Count = 2, Names = new byte[] { 1, 0, 65, 2, 0, 66, 67 } };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Twalk.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Newfid, m.Newfid);
        Assert.Equal(2, m.Count);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Twalk.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Twalk.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tread_round_trip()
    {
        var original = new Tread { Fid = 0x12345678, Offset = 0x123456789ABCDEF0, Count = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tread.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Offset, m.Offset);
        Assert.Equal(original.Count, m.Count);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tread.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tread.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Twrite_round_trip()
    {
        var original = new Twrite { Fid = 0x12345678, Offset = 0x123456789ABCDEF0, Data = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Twrite.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        Assert.Equal(original.Offset, m.Offset);
        Assert.True(m.Data.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Twrite.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Twrite.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tclunk_round_trip()
    {
        var original = new Tclunk { Fid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tclunk.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tclunk.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tclunk.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Tremove_round_trip()
    {
        var original = new Tremove { Fid = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Tremove.TryRead(body, out var m));
        Assert.Equal(original.Fid, m.Fid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Tremove.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Tremove.TryRead((byte[])[.. body, 0], out _));
    }
}
