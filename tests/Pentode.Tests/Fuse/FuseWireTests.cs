using Pentode.Core.Codecs;
using Pentode.Fuse.Wire;

namespace Pentode.Tests.Fuse;

/// <summary>The messages of linux/fuse.h byte by byte.</summary>
public sealed class FuseWireTests
{
    private delegate bool Reading(ReadOnlySpan<byte> data);

    private static readonly (string Name, int Size, Reading Read)[] s_requests =
    [
        ("fuse_in_header", FuseInHeader.Size, static d => FuseInHeader.TryRead(d, out _)),
        ("fuse_init_in up to flags", FuseInitIn.Size, static d => FuseInitIn.TryRead(d, out _)),
        ("fuse_forget_in", FuseForgetIn.Size, static d => FuseForgetIn.TryRead(d, out _)),
        ("fuse_forget_one", FuseForgetOne.Size, static d => FuseForgetOne.TryRead(d, out _)),
        ("fuse_batch_forget_in", FuseBatchForgetIn.Size, static d => FuseBatchForgetIn.TryRead(d, out _)),
        ("fuse_getattr_in", FuseGetattrIn.Size, static d => FuseGetattrIn.TryRead(d, out _)),
        ("fuse_setattr_in", FuseSetattrIn.Size, static d => FuseSetattrIn.TryRead(d, out _)),
        ("fuse_mknod_in", FuseMknodIn.Size, static d => FuseMknodIn.TryRead(d, out _)),
        ("fuse_mkdir_in", FuseMkdirIn.Size, static d => FuseMkdirIn.TryRead(d, out _)),
        ("fuse_rename_in", FuseRenameIn.Size, static d => FuseRenameIn.TryRead(d, out _)),
        ("fuse_rename2_in", FuseRename2In.Size, static d => FuseRename2In.TryRead(d, out _)),
        ("fuse_link_in", FuseLinkIn.Size, static d => FuseLinkIn.TryRead(d, out _)),
        ("fuse_open_in", FuseOpenIn.Size, static d => FuseOpenIn.TryRead(d, out _)),
        ("fuse_create_in", FuseCreateIn.Size, static d => FuseCreateIn.TryRead(d, out _)),
        ("fuse_release_in", FuseReleaseIn.Size, static d => FuseReleaseIn.TryRead(d, out _)),
        ("fuse_flush_in", FuseFlushIn.Size, static d => FuseFlushIn.TryRead(d, out _)),
        ("fuse_read_in", FuseReadIn.Size, static d => FuseReadIn.TryRead(d, out _)),
        ("fuse_write_in", FuseWriteIn.Size, static d => FuseWriteIn.TryRead(d, out _)),
        ("fuse_fsync_in", FuseFsyncIn.Size, static d => FuseFsyncIn.TryRead(d, out _)),
        ("fuse_setxattr_in, old", FuseSetxattrIn.Size, static d => FuseSetxattrIn.TryRead(d, out _)),
        ("fuse_getxattr_in", FuseGetxattrIn.Size, static d => FuseGetxattrIn.TryRead(d, out _)),
        ("fuse_lk_in", FuseLkIn.Size, static d => FuseLkIn.TryRead(d, out _)),
        ("fuse_access_in", FuseAccessIn.Size, static d => FuseAccessIn.TryRead(d, out _)),
        ("fuse_interrupt_in", FuseInterruptIn.Size, static d => FuseInterruptIn.TryRead(d, out _)),
        ("fuse_poll_in", FusePollIn.Size, static d => FusePollIn.TryRead(d, out _)),
    ];

    // sizeof of the kernel's structs, as a C compiler says of linux/fuse.h 7.38.
    [Theory]
    [InlineData("fuse_in_header", 40)]
    [InlineData("fuse_init_in up to flags", 16)]
    [InlineData("fuse_setattr_in", 88)]
    [InlineData("fuse_mknod_in", 16)]
    [InlineData("fuse_mkdir_in", 8)]
    [InlineData("fuse_rename2_in", 16)]
    [InlineData("fuse_create_in", 16)]
    [InlineData("fuse_release_in", 24)]
    [InlineData("fuse_flush_in", 24)]
    [InlineData("fuse_read_in", 40)]
    [InlineData("fuse_write_in", 40)]
    [InlineData("fuse_lk_in", 48)]
    [InlineData("fuse_poll_in", 24)]
    public void Requests_have_the_kernels_sizes(string name, int size) => Assert.Equal(size, s_requests.Single(r => r.Name == name).Size);

    [Fact]
    public void Replies_have_the_kernels_sizes() => Assert.Equal(
        [16, 64, 88, 128, 104, 16, 8, 80, 8, 24, 8, 8, 24],
        [FuseOutHeader.Size, FuseInitOut.Size, FuseAttr.Size, FuseEntryOut.Size, FuseAttrOut.Size, FuseOpenOut.Size, FuseWriteOut.Size, FuseStatfsOut.Size,
            FuseGetxattrOut.Size, FuseLkOut.Size, FusePollOut.Size, FuseNotifyPollWakeupOut.Size, FuseDirent.Size]);

    [Fact]
    public void Requests_that_are_cut_anywhere_are_refused_and_longer_ones_are_not()
    {
        foreach (var (name, size, read) in s_requests)
        {
            for (var length = 0; length < size; length++)
                Assert.False(read(new byte[length]), $"{name} of {length} bytes");
            Assert.True(read(new byte[size]), name);
            Assert.True(read(new byte[size + 1]), name);
        }
    }

    [Fact]
    public void The_header_of_a_request()
    {
        var bytes = Convert.FromHexString("30000000" + "01000000" + "0200000000000000" + "0100000000000000" + "E8030000" + "E9030000" + "2A000000" + "0300" + "0000");
        Assert.True(FuseInHeader.TryRead(bytes, out var m));
        Assert.Equal(48u, m.Length);
        Assert.Equal((uint)FuseOpcode.Lookup, m.Opcode);
        Assert.Equal((2UL, 1UL), (m.Unique, m.NodeId));
        Assert.Equal((1000u, 1001u, 42u), (m.Uid, m.Gid, m.Pid));
        Assert.Equal(3, m.ExtensionLength);
    }

    [Fact]
    public void A_change_of_attributes()
    {
        var bytes = new byte[FuseSetattrIn.Size];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)i;
        Assert.True(FuseSetattrIn.TryRead(bytes, out var m));
        Assert.Equal(0x03020100u, m.Valid);
        Assert.Equal(0x0F0E0D0C0B0A0908UL, m.Handle);
        Assert.Equal(0x1716151413121110UL, m.Length);
        Assert.Equal(0x2726252423222120UL, m.AccessTime);
        Assert.Equal(0x2F2E2D2C2B2A2928UL, m.ModifyTime);
        Assert.Equal((0x3B3A3938u, 0x3F3E3D3Cu), (m.AccessNanoseconds, m.ModifyNanoseconds));
        Assert.Equal(0x47464544u, m.Mode);
        Assert.Equal((0x4F4E4D4Cu, 0x53525150u), (m.Uid, m.Gid));
    }

    [Fact]
    public void A_lock_and_a_poll()
    {
        var bytes = new byte[FuseLkIn.Size];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)i;
        Assert.True(FuseLkIn.TryRead(bytes, out var m));
        Assert.Equal((0x0706050403020100UL, 0x0F0E0D0C0B0A0908UL), (m.Handle, m.Owner));
        Assert.Equal((0x1716151413121110UL, 0x1F1E1D1C1B1A1918UL), (m.Start, m.End));
        Assert.Equal((0x23222120u, 0x27262524u, 0x2B2A2928u), (m.Type, m.Pid, m.Flags));
        Assert.True(FusePollIn.TryRead(bytes, out var p));
        Assert.Equal((0x0706050403020100UL, 0x0F0E0D0C0B0A0908UL, 0x13121110u, 0x17161514u), (p.Handle, p.KernelHandle, p.Flags, p.Events));
    }

    [Fact]
    public void An_entry_of_a_reply()
    {
        Span<byte> bytes = stackalloc byte[FuseEntryOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseEntryOut
        {
            NodeId = 5,
            EntrySeconds = 1,
            AttributeSeconds = 2,
            EntryNanoseconds = 3,
            AttributeNanoseconds = 4,
            Attributes = new FuseAttr { Inode = 6, Length = 7, Blocks = 8, AccessTime = 9, Mode = 0x81A4, LinkCount = 1, Uid = 10, Gid = 11, Device = 12, BlockSize = 4096 },
        }.Write(ref writer);
        Assert.False(writer.IsOverrun);
        Assert.Equal(
            "0500000000000000" + "0000000000000000" + "0100000000000000" + "0200000000000000" + "03000000" + "04000000"
            + "0600000000000000" + "0700000000000000" + "0800000000000000" + "0900000000000000" + "0000000000000000" + "0000000000000000"
            + "00000000" + "00000000" + "00000000" + "A4810000" + "01000000" + "0A000000" + "0B000000" + "0C000000" + "00100000" + "00000000",
            Convert.ToHexString(bytes));
    }

    [Fact]
    public void The_answer_to_the_first_request()
    {
        Span<byte> bytes = stackalloc byte[FuseInitOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseInitOut { Major = 7, Minor = 38, MaxReadahead = 0x20000, Flags = 1, MaxBackground = 64, CongestionThreshold = 48, MaxWrite = 0xFF000, TimeGranularity = 1, MaxPages = 255 }.Write(ref writer);
        Assert.Equal(
            "07000000" + "26000000" + "00000200" + "01000000" + "4000" + "3000" + "00F00F00" + "01000000" + "FF00" + "0000" + "00000000" + new string('0', 56),
            Convert.ToHexString(bytes));
    }
}
