using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Every refusal of section 11 of the specification, by message.</summary>
public sealed class RingsRefusal2Tests
{
    public static TheoryData<string, Errno> Forms() => new()
    {
        { "operation 32", Errno.EOPNOTSUPP },
        { "operation 255", Errno.EOPNOTSUPP },
        { "flags 16", Errno.EINVAL },
        { "file of nop", Errno.EINVAL },
        { "offset of nop", Errno.EINVAL },
        { "address of nop", Errno.EINVAL },
        { "region of nop", Errno.EINVAL },
        { "length of nop", Errno.EINVAL },
        { "op_flags of nop", Errno.EINVAL },
        { "arg0 of nop", Errno.EINVAL },
        { "arg1 of nop", Errno.EINVAL },
        { "shots of nop", Errno.EINVAL },
        { "multishot nop", Errno.EINVAL },
        { "multishot without shots", Errno.EINVAL },
        { "multishot linked", Errno.EINVAL },
        { "link last", Errno.EINVAL },
        { "hardlink last", Errno.EINVAL },
        { "file of chain without chain", Errno.EINVAL },
        { "timeout 0", Errno.EINVAL },
        { "cancel flags", Errno.EINVAL },
        { "cancel file without", Errno.EINVAL },
        { "read 0", Errno.EINVAL },
        { "read inline too long", Errno.EINVAL },
        { "read rwf", Errno.EINVAL },
        { "read no file", Errno.EBADF },
        { "read stale file", Errno.EBADF },
        { "read inline address", Errno.EINVAL },
        { "read no region", Errno.ENOENT },
        { "read beyond region", Errno.EFAULT },
        { "read address wraps", Errno.EFAULT },
        { "read read-only region", Errno.EACCES },
        { "write inline beyond", Errno.EFAULT },
        { "write inline wraps", Errno.EFAULT },
        { "vectors 65", Errno.EINVAL },
        { "vectors beyond inline", Errno.EFAULT },
        { "vector without region", Errno.EINVAL },
        { "vector reserved", Errno.EINVAL },
        { "vector outside", Errno.EFAULT },
        { "vector read-only", Errno.EACCES },
        { "vectors empty", Errno.EINVAL },
        { "path without NUL", Errno.EINVAL },
        { "path with two NULs", Errno.EINVAL },
        { "path empty", Errno.EINVAL },
        { "path too long", Errno.EINVAL },
        { "open mode", Errno.EINVAL },
        { "rename one path", Errno.EINVAL },
        { "rename second empty", Errno.EINVAL },
        { "rename no second directory", Errno.EBADF },
        { "setxattr no name", Errno.EINVAL },
        { "getxattr no room", Errno.EINVAL },
        { "splice no second", Errno.EBADF },
        { "futex no region", Errno.ENOENT },
        { "futex odd", Errno.EFAULT },
        { "futex length", Errno.EINVAL },
        { "recv slice too large", Errno.EINVAL },
        { "recv multishot without slice", Errno.EINVAL },
        { "recv multishot inline", Errno.EINVAL },
        { "accept address inline", Errno.EINVAL },
        { "accept multishot address", Errno.EINVAL },
        { "shutdown 3", Errno.EINVAL },
        { "poll 0", Errno.EINVAL },
        { "send flags", Errno.EINVAL },
        { "grant 0", Errno.EINVAL },
        { "fsync flags", Errno.EINVAL },
    };

    [Theory, MemberData(nameof(Forms))]
    public void A_record_out_of_form_is_refused_and_costs_nothing(string what, Errno expected)
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (region, _) = client.Region(8192);
        var sealedMemory = client.Memory(4096, SharedMemory.SealShrink | SharedMemory.SealGrow | SharedMemory.SealWrite);
        var readOnly = (ushort)client.RegisterRegion(sealedMemory, 4096).Id;
        File.WriteAllBytes(host["f"], new byte[100]);
        var file = (uint)client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = 2 }, host["f"]).Result;
        var (entry, data) = Make(what, file, region, readOnly);
        entry.UserData = 77;
        var (result, _, record) = client.Do(entry, data);
        Assert.Equal(-(int)expected, result);
        Assert.Equal(RingsCompletionFlags.Refused, record.Flags);
        var stats = client.Stats();
        Assert.Equal(1ul, stats.Refused);
        Assert.Equal(0u, stats.UnderWay);
        Assert.Equal(0, client.Do(new RingsSubmission { UserData = 1 }).Result);

        // Nothing is kept busy.
        client.Send(RawRings2.Message(RingsMessageType.Release, 3, Item(1, file), Item(2, region), Item(2, readOnly)));
        var (header, body) = client.ReceiveMessage();
        Assert.Equal(3, header.Count);
        for (var i = 0; i < 3; i++)
            Assert.True(RingsItem.TryRead(body.AsSpan(i * 8, 8), out var item) && item.Value == 0, $"item {i} is in use");
    }

    private static byte[] Item(int kind, uint id)
    {
        var bytes = new byte[8];
        new RingsItem(kind, id).Write(bytes);
        return bytes;
    }

    private static byte[] Vectors(params RingsVector[] vectors) => [.. vectors.SelectMany(v =>
    {
        var bytes = new byte[16];
        v.Write(bytes);
        return bytes;
    })];

    private static (RingsSubmission Entry, byte[] Data) Make(string what, uint file, ushort region, ushort readOnly)
    {
        var nop = default(RingsSubmission);
        var read = new RingsSubmission { Operation = RingsOperation.Read, File = file, Region = region, Length = 100 };
        var write = new RingsSubmission { Operation = RingsOperation.Write, File = file, Length = 4 };
        var vectored = new RingsSubmission { Operation = RingsOperation.ReadVector, File = file, Length = 1 };
        var open = new RingsSubmission { Operation = RingsOperation.Open };
        var rename = new RingsSubmission { Operation = RingsOperation.Rename };
        var receive = new RingsSubmission { Operation = RingsOperation.Receive, File = file, Region = region, Length = 100 };
        var accept = new RingsSubmission { Operation = RingsOperation.Accept, File = file };
        return what switch
        {
            "operation 32" => (nop with { Operation = (RingsOperation)32 }, []),
            "operation 255" => (nop with { Operation = (RingsOperation)255 }, []),
            "flags 16" => (nop with { Flags = (RingsEntryFlags)16 }, []),
            "file of nop" => (nop with { File = file }, []),
            "offset of nop" => (nop with { Offset = 1 }, []),
            "address of nop" => (nop with { Address = 1 }, []),
            "region of nop" => (nop with { Region = region }, []),
            "length of nop" => (nop with { Length = 1 }, []),
            "op_flags of nop" => (nop with { OperationFlags = 1 }, []),
            "arg0 of nop" => (nop with { Argument0 = 1 }, []),
            "arg1 of nop" => (nop with { Argument1 = 1 }, []),
            "shots of nop" => (nop with { Shots = 1 }, []),
            "multishot nop" => (nop with { Flags = RingsEntryFlags.Multishot, Shots = 1 }, []),
            "multishot without shots" => (nop with { Operation = RingsOperation.Timeout, Argument0 = 1, Flags = RingsEntryFlags.Multishot }, []),
            "multishot linked" => (nop with { Operation = RingsOperation.Timeout, Argument0 = 1, Shots = 1, Flags = RingsEntryFlags.Multishot | RingsEntryFlags.Link }, []),
            "link last" => (nop with { Flags = RingsEntryFlags.Link }, []),
            "hardlink last" => (nop with { Flags = RingsEntryFlags.HardLink }, []),
            "file of chain without chain" => (read with { File = RingsWire2.FileOfChain }, []),
            "timeout 0" => (nop with { Operation = RingsOperation.Timeout }, []),
            "cancel flags" => (nop with { Operation = RingsOperation.Cancel, OperationFlags = 4 }, []),
            "cancel file without" => (nop with { Operation = RingsOperation.Cancel, OperationFlags = 2 }, []),
            "read 0" => (read with { Length = 0 }, []),
            "read inline too long" => (read with { Region = 0, Length = 65537 }, []),
            "read rwf" => (read with { OperationFlags = 32 }, []),
            "read no file" => (read with { File = 0 }, []),
            "read stale file" => (read with { File = file + 4096 }, []),
            "read inline address" => (read with { Region = 0, Address = 8 }, []),
            "read no region" => (read with { Region = 999 }, []),
            "read beyond region" => (read with { Address = 8192 - 99 }, []),
            "read address wraps" => (read with { Address = ulong.MaxValue - 10 }, []),
            "read read-only region" => (read with { Region = readOnly }, []),
            "write inline beyond" => (write, [1, 2, 3]),
            "write inline wraps" => (write with { Address = ulong.MaxValue }, [1, 2, 3, 4]),
            "vectors 65" => (vectored with { Length = 65 }, new byte[65 * 16]),
            "vectors beyond inline" => (vectored with { Length = 2 }, new byte[31]),
            "vector without region" => (vectored, Vectors(new RingsVector { Length = 1 })),
            "vector reserved" => (vectored, Vectors(new RingsVector { Region = region, Reserved = 1, Length = 1 })),
            "vector outside" => (vectored with { Length = 2 }, Vectors(new RingsVector { Region = region, Length = 1 }, new RingsVector { Region = region, Length = 8193 })),
            "vector read-only" => (vectored, Vectors(new RingsVector { Region = readOnly, Length = 1 })),
            "vectors empty" => (vectored, Vectors(new RingsVector { Region = region })),
            "path without NUL" => (open with { Length = 3 }, "abc"u8.ToArray()),
            "path with two NULs" => (open with { Length = 4 }, "a\0b\0"u8.ToArray()),
            "path empty" => (open with { Length = 2 }, "\0\0"u8.ToArray()),
            "path too long" => (open with { Length = 4097 }, [.. Enumerable.Repeat((byte)'a', 4096), 0]),
            "open mode" => (open with { Argument1 = 0x1000, Length = 2 }, "a\0"u8.ToArray()),
            "rename one path" => (rename with { Length = 4 }, "abc\0"u8.ToArray()),
            "rename second empty" => (rename with { Length = 4 }, "ab\0\0"u8.ToArray()),
            "rename no second directory" => (rename with { Length = 4, Argument1 = 12345 }, "a\0b\0"u8.ToArray()),
            "setxattr no name" => (nop with { Operation = RingsOperation.SetAttribute, File = file, Length = 3 }, "\0ab"u8.ToArray()),
            "getxattr no room" => (nop with { Operation = RingsOperation.GetAttribute, File = file, Length = 7 }, "user.a\0"u8.ToArray()),
            "splice no second" => (nop with { Operation = RingsOperation.Splice, File = file, Length = 1 }, []),
            "futex no region" => (nop with { Operation = RingsOperation.FutexWait }, []),
            "futex odd" => (nop with { Operation = RingsOperation.FutexWait, Region = region, Address = 2 }, []),
            "futex length" => (nop with { Operation = RingsOperation.FutexWait, Region = region, Length = 8 }, []),
            "recv slice too large" => (receive with { Flags = RingsEntryFlags.Multishot, Shots = 1, Argument0 = 101 }, []),
            "recv multishot without slice" => (receive with { Flags = RingsEntryFlags.Multishot, Shots = 1 }, []),
            "recv multishot inline" => (receive with { Region = 0, Flags = RingsEntryFlags.Multishot, Shots = 1, Argument0 = 10 }, []),
            "accept address inline" => (accept with { Length = 16 }, []),
            "accept multishot address" => (accept with { Region = region, Length = 16, Flags = RingsEntryFlags.Multishot, Shots = 1 }, []),
            "shutdown 3" => (nop with { Operation = RingsOperation.Shutdown, File = file, OperationFlags = 3 }, []),
            "poll 0" => (nop with { Operation = RingsOperation.Poll, File = file }, []),
            "send flags" => (write with { Operation = RingsOperation.Send, OperationFlags = 2 }, [1, 2, 3, 4]),
            "grant 0" => (nop with { Operation = RingsOperation.Grant, Argument0 = 1 }, []),
            "fsync flags" => (nop with { Operation = RingsOperation.Fsync, File = file, OperationFlags = 2 }, []),
            _ => throw new ArgumentException(what),
        };
    }

    [Fact]
    public void More_than_the_credits_is_refused_and_room_comes_back()
    {
        using var host = new RingsHost(o => o with { Credits2 = 4 });
        using var client = RawRings2.Join(host);
        var wait = new RingsSubmission { Operation = RingsOperation.Timeout, Argument0 = 3_600_000_000_000 };
        client.Send(RawRings2.Submit([], [.. Enumerable.Range(0, 6).Select(i => wait with { UserData = (ulong)i })]));
        foreach (var (record, _) in client.Completions(2))
            Assert.Equal((-(int)Errno.EAGAIN, RingsCompletionFlags.Refused), (record.Result, record.Flags));

        // A cancel needs no credit.
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 100, Operation = RingsOperation.Cancel, Argument0 = 2 }));
        var ended = client.Completions(2);
        Assert.Contains(ended, e => e.Record is { UserData: 2, Result: -(int)Errno.ECANCELED });
        Assert.Contains(ended, e => e.Record is { UserData: 100, Result: 1 });
        Assert.Equal(0, client.Do(new RingsSubmission { UserData = 7 }).Result);
    }

    [Fact]
    public void A_refused_record_breaks_its_chain_and_no_other()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var nop = default(RingsSubmission);
        client.Send(RawRings2.Submit(
            [],
            nop with { UserData = 1, Flags = RingsEntryFlags.Link },
            nop with { UserData = 2, Flags = RingsEntryFlags.Link, Length = 1 },
            nop with { UserData = 3, Flags = RingsEntryFlags.Link },
            nop with { UserData = 4 },
            nop with { UserData = 5 }));
        var results = client.Completions(5).ToDictionary(c => c.Record.UserData, c => (c.Record.Result, c.Record.Flags));
        Assert.Equal((0, RingsCompletionFlags.None), results[1]);
        Assert.Equal((-(int)Errno.EINVAL, RingsCompletionFlags.Refused), results[2]);
        Assert.Equal((-(int)Errno.ECANCELED, RingsCompletionFlags.None), results[3]);
        Assert.Equal((-(int)Errno.ECANCELED, RingsCompletionFlags.None), results[4]);
        Assert.Equal((0, RingsCompletionFlags.None), results[5]);
    }

    [Fact]
    public void Slots_run_out_and_come_back()
    {
        using var host = new RingsHost(o => o with { Files2 = 2, Regions2 = 1, RegionBytes2 = 8192 });
        using var client = RawRings2.Join(host);
        var a = client.Register(client.Event());
        client.Register(client.Event());
        Assert.Equal(new RingsItem(-(int)Errno.EMFILE, 0), client.SendWith(RawRings2.Message(RingsMessageType.RegisterFiles, 1), client.Event()).Item());
        Assert.Equal(-(int)Errno.EMFILE, client.DoPath(new RingsSubmission { Operation = RingsOperation.Open }, "/").Result);
        Assert.Equal(new RingsItem(-(int)Errno.ENOSPC, 0), client.RegisterRegion(client.Memory(12288), 12288));
        client.Region(4096);
        Assert.Equal(new RingsItem(-(int)Errno.EMFILE, 0), client.RegisterRegion(client.Memory(4096), 4096));
        Assert.Equal(new RingsItem(-(int)Errno.ENOENT, 99), client.Send(RawRings2.Message(RingsMessageType.Release, 1, Item(1, 99))).Item());
        Assert.Equal(new RingsItem(-(int)Errno.ENOENT, 99), client.Send(RawRings2.Message(RingsMessageType.Release, 1, Item(2, 99))).Item());
        Assert.Equal(new RingsItem(-(int)Errno.EINVAL, 1), client.Send(RawRings2.Message(RingsMessageType.Release, 1, Item(3, 1))).Item());
        Assert.Equal(0, client.Send(RawRings2.Message(RingsMessageType.Release, 1, Item(1, a))).Item().Value);
        Assert.True(client.DoPath(new RingsSubmission { Operation = RingsOperation.Open }, "/").Result > 0);
        Assert.Equal(-(int)Errno.EBADF, client.Do(new RingsSubmission { Operation = RingsOperation.Fsync, File = a }).Result);
    }
}
