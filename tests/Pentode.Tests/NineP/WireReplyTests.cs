using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>Every reply: round trip, truncation at every byte, one trailing byte.</summary>
public sealed class WireReplyTests
{
    private static ReadOnlySpan<byte> Text => "name"u8;

    [Fact]
    public void Rlerror_round_trip()
    {
        var original = new Rlerror { Ecode = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rlerror.TryRead(body, out var m));
        Assert.Equal(original.Ecode, m.Ecode);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rlerror.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rlerror.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rstatfs_round_trip()
    {
        var original = new Rstatfs { Kind = 0x12345678, Bsize = 0x12345678, Blocks = 0x123456789ABCDEF0, Bfree = 0x123456789ABCDEF0, Bavail = 0x123456789ABCDEF0, Files = 0x123456789ABCDEF0, Ffree = 0x123456789ABCDEF0, Fsid = 0x123456789ABCDEF0, Namelen = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rstatfs.TryRead(body, out var m));
        Assert.Equal(original.Kind, m.Kind);
        Assert.Equal(original.Bsize, m.Bsize);
        Assert.Equal(original.Blocks, m.Blocks);
        Assert.Equal(original.Bfree, m.Bfree);
        Assert.Equal(original.Bavail, m.Bavail);
        Assert.Equal(original.Files, m.Files);
        Assert.Equal(original.Ffree, m.Ffree);
        Assert.Equal(original.Fsid, m.Fsid);
        Assert.Equal(original.Namelen, m.Namelen);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rstatfs.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rstatfs.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rlopen_round_trip()
    {
        var original = new Rlopen { Qid = new Qid(0x80, 7, 0x99), Iounit = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rlopen.TryRead(body, out var m));
        Assert.Equal(original.Qid, m.Qid);
        Assert.Equal(original.Iounit, m.Iounit);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rlopen.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rlopen.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rlcreate_round_trip()
    {
        var original = new Rlcreate { Qid = new Qid(0x80, 7, 0x99), Iounit = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rlcreate.TryRead(body, out var m));
        Assert.Equal(original.Qid, m.Qid);
        Assert.Equal(original.Iounit, m.Iounit);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rlcreate.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rlcreate.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rsymlink_round_trip()
    {
        var original = new Rsymlink { Qid = new Qid(0x80, 7, 0x99) };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rsymlink.TryRead(body, out var m));
        Assert.Equal(original.Qid, m.Qid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rsymlink.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rsymlink.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rmknod_round_trip()
    {
        var original = new Rmknod { Qid = new Qid(0x80, 7, 0x99) };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rmknod.TryRead(body, out var m));
        Assert.Equal(original.Qid, m.Qid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rmknod.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rmknod.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rreadlink_round_trip()
    {
        var original = new Rreadlink { Target = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rreadlink.TryRead(body, out var m));
        Assert.True(m.Target.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rreadlink.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rreadlink.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rgetattr_round_trip()
    {
        var original = new Rgetattr { Valid = 0x123456789ABCDEF0, Qid = new Qid(0x80, 7, 0x99), Mode = 0x12345678, Uid = 0x12345678, Gid = 0x12345678, Nlink = 0x123456789ABCDEF0, Rdev = 0x123456789ABCDEF0, Length = 0x123456789ABCDEF0, Blksize = 0x123456789ABCDEF0, Blocks = 0x123456789ABCDEF0, AtimeSec = 0x123456789ABCDEF0, AtimeNsec = 0x123456789ABCDEF0, MtimeSec = 0x123456789ABCDEF0, MtimeNsec = 0x123456789ABCDEF0, CtimeSec = 0x123456789ABCDEF0, CtimeNsec = 0x123456789ABCDEF0, BtimeSec = 0x123456789ABCDEF0, BtimeNsec = 0x123456789ABCDEF0, Gen = 0x123456789ABCDEF0, DataVersion = 0x123456789ABCDEF0 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rgetattr.TryRead(body, out var m));
        Assert.Equal(original.Valid, m.Valid);
        Assert.Equal(original.Qid, m.Qid);
        Assert.Equal(original.Mode, m.Mode);
        Assert.Equal(original.Uid, m.Uid);
        Assert.Equal(original.Gid, m.Gid);
        Assert.Equal(original.Nlink, m.Nlink);
        Assert.Equal(original.Rdev, m.Rdev);
        Assert.Equal(original.Length, m.Length);
        Assert.Equal(original.Blksize, m.Blksize);
        Assert.Equal(original.Blocks, m.Blocks);
        Assert.Equal(original.AtimeSec, m.AtimeSec);
        Assert.Equal(original.AtimeNsec, m.AtimeNsec);
        Assert.Equal(original.MtimeSec, m.MtimeSec);
        Assert.Equal(original.MtimeNsec, m.MtimeNsec);
        Assert.Equal(original.CtimeSec, m.CtimeSec);
        Assert.Equal(original.CtimeNsec, m.CtimeNsec);
        Assert.Equal(original.BtimeSec, m.BtimeSec);
        Assert.Equal(original.BtimeNsec, m.BtimeNsec);
        Assert.Equal(original.Gen, m.Gen);
        Assert.Equal(original.DataVersion, m.DataVersion);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rgetattr.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rgetattr.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rxattrwalk_round_trip()
    {
        var original = new Rxattrwalk { Length = 0x123456789ABCDEF0 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rxattrwalk.TryRead(body, out var m));
        Assert.Equal(original.Length, m.Length);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rxattrwalk.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rxattrwalk.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rreaddir_round_trip()
    {
        var original = new Rreaddir { Data = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rreaddir.TryRead(body, out var m));
        Assert.True(m.Data.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rreaddir.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rreaddir.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rlock_round_trip()
    {
        var original = new Rlock { Status = 7 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rlock.TryRead(body, out var m));
        Assert.Equal(original.Status, m.Status);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rlock.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rlock.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rgetlock_round_trip()
    {
        var original = new Rgetlock { Kind = 7, Start = 0x123456789ABCDEF0, Length = 0x123456789ABCDEF0, ProcId = 0x12345678, ClientId = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rgetlock.TryRead(body, out var m));
        Assert.Equal(original.Kind, m.Kind);
        Assert.Equal(original.Start, m.Start);
        Assert.Equal(original.Length, m.Length);
        Assert.Equal(original.ProcId, m.ProcId);
        Assert.True(m.ClientId.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rgetlock.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rgetlock.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rmkdir_round_trip()
    {
        var original = new Rmkdir { Qid = new Qid(0x80, 7, 0x99) };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rmkdir.TryRead(body, out var m));
        Assert.Equal(original.Qid, m.Qid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rmkdir.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rmkdir.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rversion_round_trip()
    {
        var original = new Rversion { Msize = 0x12345678, Version = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rversion.TryRead(body, out var m));
        Assert.Equal(original.Msize, m.Msize);
        Assert.True(m.Version.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rversion.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rversion.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rauth_round_trip()
    {
        var original = new Rauth { Aqid = new Qid(0x80, 7, 0x99) };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rauth.TryRead(body, out var m));
        Assert.Equal(original.Aqid, m.Aqid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rauth.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rauth.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rattach_round_trip()
    {
        var original = new Rattach { Qid = new Qid(0x80, 7, 0x99) };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rattach.TryRead(body, out var m));
        Assert.Equal(original.Qid, m.Qid);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rattach.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rattach.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rwalk_round_trip()
    {
        var original = new Rwalk { Qids = new byte[26] };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rwalk.TryRead(body, out var m));
        Assert.Equal(26, m.Qids.Length);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rwalk.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rwalk.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rread_round_trip()
    {
        var original = new Rread { Data = Text };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rread.TryRead(body, out var m));
        Assert.True(m.Data.SequenceEqual(Text));
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rread.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rread.TryRead((byte[])[.. body, 0], out _));
    }

    [Fact]
    public void Rwrite_round_trip()
    {
        var original = new Rwrite { Count = 0x12345678 };
        var body = new byte[original.Size];
        var w = new LittleEndianWriter(body);
        original.Write(ref w);
        Assert.False(w.IsOverrun);
        Assert.Equal(body.Length, w.Position);
        Assert.True(Rwrite.TryRead(body, out var m));
        Assert.Equal(original.Count, m.Count);
        for (var i = 0; i < body.Length; i++)
        {
            Assert.False(Rwrite.TryRead(body.AsSpan(0, i), out _));
        }

        Assert.False(Rwrite.TryRead((byte[])[.. body, 0], out _));
    }
}
