using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Every operation by message, with data inline and in regions.</summary>
public sealed unsafe class RingsOperation2Tests
{
    [Fact]
    public void Data_go_inline_both_ways()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var file = Open(client, host["f"], 0x42);
        Assert.Equal(5, client.Do(new RingsSubmission { Operation = RingsOperation.Write, File = file, Offset = 3, Address = 2, Length = 5 }, "__hello__"u8.ToArray()).Result);
        var (result, payload, record) = client.Do(new RingsSubmission { Operation = RingsOperation.Read, File = file, Length = 65536 });
        Assert.Equal((8, RingsCompletionFlags.Payload), (result, record.Flags));
        Assert.Equal("\0\0\0hello", Encoding.ASCII.GetString(payload));
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Read, File = file, Offset = 8, Length = 10 }).Result);

        // The position of the file itself.
        Assert.Equal(8, client.Do(new RingsSubmission { Operation = RingsOperation.Read, File = file, Offset = ulong.MaxValue, Length = 10 }).Result);
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Read, File = file, Offset = ulong.MaxValue, Length = 10 }).Result);
    }

    [Fact]
    public void Many_large_answers_come_whole_and_in_pieces()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var content = new byte[1 << 20];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(host["f"], content);
        var file = Open(client, host["f"], 0);
        client.Send(RawRings2.Submit([], [.. Enumerable.Range(0, 200).Select(i => new RingsSubmission { UserData = (ulong)i, Operation = RingsOperation.Read, File = file, Offset = (ulong)(i * 5000), Length = 65536 })]));
        foreach (var (record, payload) in client.Completions(200))
        {
            var at = (int)record.UserData * 5000;
            Assert.True(content.AsSpan(at, Math.Min(65536, content.Length - at)).SequenceEqual(payload), $"the bytes at {at}");
        }
    }

    [Fact]
    public void Vectors_scatter_and_gather()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var (a, atA) = client.Region(4096);
        var (b, atB) = client.Region(4096);
        "first second third"u8.CopyTo(new Span<byte>((void*)atA, 4096));
        var file = Open(client, host["f"], 0x42);
        var gather = Vectors((a, 13, 5), (a, 0, 5));
        Assert.Equal(10, client.Do(new RingsSubmission { Operation = RingsOperation.WriteVector, File = file, Length = 2 }, gather).Result);
        Assert.Equal("thirdfirst", File.ReadAllText(host["f"]));

        // The vectors themselves in a region.
        Vectors((b, 100, 5), (a, 200, 5)).CopyTo(new Span<byte>((void*)atB, 4096));
        Assert.Equal(10, client.Do(new RingsSubmission { Operation = RingsOperation.ReadVector, File = file, Region = b, Length = 2 }).Result);
        Assert.Equal("third", Encoding.ASCII.GetString((byte*)atB + 100, 5));
        Assert.Equal("first", Encoding.ASCII.GetString((byte*)atA + 200, 5));
    }

    [Fact]
    public void Files_and_names()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var directory = (uint)client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = 0x10000 }, Path.GetDirectoryName(host["x"])!).Result;
        var file = (uint)client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, File = directory, Argument0 = 0x42, Argument1 = 0x1A4 }, "f").Result;
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Fallocate, File = file, Argument0 = 10000 }).Result);
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Fsync, File = file, OperationFlags = 1 }).Result);
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Ftruncate, File = file, Offset = 7000 }).Result);
        var (result, payload, _) = client.Do(new RingsSubmission { Operation = RingsOperation.Statx, File = file, Argument1 = 0x7FF });
        Assert.Equal((0, 7000), (result, BinaryPrimitives.ReadInt64LittleEndian(payload.AsSpan(40))));
        (result, payload, _) = client.DoPath(new RingsSubmission { Operation = RingsOperation.Statx, File = directory, Argument1 = 0x7FF }, "f");
        Assert.Equal((0, 7000), (result, BinaryPrimitives.ReadInt64LittleEndian(payload.AsSpan(40))));
        var (region, at) = client.Region(4096);
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Statx, File = file, Region = region, Argument0 = 512, Argument1 = 0x7FF }).Result);
        Assert.Equal(7000, *(long*)(at + 512 + 40));
        Assert.Equal(0, client.DoPath(new RingsSubmission { Operation = RingsOperation.MakeDirectory, File = directory, Argument1 = 0x1ED }, "d").Result);
        Assert.Equal(0, client.DoPath(new RingsSubmission { Operation = RingsOperation.Symlink, File = directory }, "target\0sym").Result);
        Assert.Equal("target", new FileInfo(host["sym"]).LinkTarget);
        Assert.Equal(0, client.DoPath(new RingsSubmission { Operation = RingsOperation.Link, File = directory, Argument1 = directory }, "f\0l").Result);
        Assert.Equal(0, client.DoPath(new RingsSubmission { Operation = RingsOperation.Rename, File = directory, Argument1 = directory }, "l\0d/m").Result);
        Assert.Equal(7000, new FileInfo(Path.Combine(host["d"], "m")).Length);
        Assert.Equal(-(int)Errno.EEXIST, client.DoPath(new RingsSubmission { Operation = RingsOperation.Rename, File = directory, Argument1 = directory, OperationFlags = 1 }, "f\0d").Result);
        Assert.Equal(0, client.DoPath(new RingsSubmission { Operation = RingsOperation.Unlink, File = directory }, "d/m").Result);
        Assert.Equal(-(int)Errno.ENOTDIR, client.DoPath(new RingsSubmission { Operation = RingsOperation.Unlink, File = directory, OperationFlags = 0x200 }, "f").Result);
        Assert.Equal(0, client.DoPath(new RingsSubmission { Operation = RingsOperation.Unlink, File = directory, OperationFlags = 0x200 }, "d").Result);
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Close, File = file }).Result);
        Assert.Equal(-(int)Errno.EBADF, client.Do(new RingsSubmission { Operation = RingsOperation.Close, File = file }).Result);
    }

    [Fact]
    public void Attributes()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        var file = Open(client, host["f"], 0x42);
        var set = client.Do(new RingsSubmission { Operation = RingsOperation.SetAttribute, File = file, Length = 13 }, "user.a\0value!"u8.ToArray()).Result;
        Assert.SkipWhen(set == -(int)Errno.EOPNOTSUPP, "no extended attributes here");
        Assert.Equal(0, set);
        Assert.Equal(-(int)Errno.EEXIST, client.Do(new RingsSubmission { Operation = RingsOperation.SetAttribute, File = file, Length = 7, OperationFlags = 1 }, "user.a\0"u8.ToArray()).Result);
        var (result, payload, _) = client.DoPath(new RingsSubmission { Operation = RingsOperation.GetAttribute, File = file, Argument1 = 100 }, "user.a");
        Assert.Equal((6, "value!"), (result, Encoding.ASCII.GetString(payload)));
        Assert.Equal(-(int)Errno.ERANGE, client.DoPath(new RingsSubmission { Operation = RingsOperation.GetAttribute, File = file, Argument1 = 3 }, "user.a").Result);
        Assert.Equal(-(int)Errno.ENODATA, client.DoPath(new RingsSubmission { Operation = RingsOperation.GetAttribute, File = file, Argument1 = 3 }, "user.b").Result);
    }

    [Fact]
    public void Sockets_connect_accept_send_receive_and_shut_down()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var (region, at) = client.Region(4096);
        var listening = client.Register((int)listener.Handle);
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1, Operation = RingsOperation.Accept, File = listening, Region = region, Address = 64, Length = 16 }));
        var socket = (uint)client.Do(new RingsSubmission { UserData = 2, Operation = RingsOperation.Socket, Argument0 = 2, Argument1 = 1 }).Result;
        byte[] address = [2, 0, (byte)(port >> 8), (byte)port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        client.Send(RawRings2.Submit(address, new RingsSubmission { UserData = 3, Operation = RingsOperation.Connect, File = socket, Length = 16 }));
        var both = client.Completions(2).ToDictionary(c => c.Record.UserData, c => c.Record);
        Assert.Equal(0, both[3].Result);
        Assert.Equal(16ul, both[1].Extra);
        Assert.Equal((2, 127), (*(ushort*)(at + 64), *(byte*)(at + 68)));
        var accepted = (uint)both[1].Result;
        Assert.Equal(5, client.Do(new RingsSubmission { Operation = RingsOperation.Send, File = socket, Length = 5 }, "hello"u8.ToArray()).Result);
        Assert.Equal("hel", Encoding.ASCII.GetString(client.Do(new RingsSubmission { Operation = RingsOperation.Receive, File = accepted, Length = 3, OperationFlags = 2 }).Payload));
        Assert.Equal("hello", Encoding.ASCII.GetString(client.Do(new RingsSubmission { Operation = RingsOperation.Receive, File = accepted, Length = 100 }).Payload));
        Assert.Equal(-(int)Errno.EAGAIN, client.Do(new RingsSubmission { Operation = RingsOperation.Receive, File = accepted, Length = 100, OperationFlags = 0x40 }).Result);
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Shutdown, File = socket, OperationFlags = 1 }).Result);
        Assert.Equal(0, client.Do(new RingsSubmission { Operation = RingsOperation.Receive, File = accepted, Region = region, Length = 100 }).Result);
        Assert.Equal(-(int)Errno.EPIPE, client.Do(new RingsSubmission { Operation = RingsOperation.Send, File = socket, Length = 1 }, [1]).Result);
    }

    [Fact]
    public void Splice_moves_between_a_file_and_a_pipe()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        File.WriteAllText(host["f"], "spliced bytes");
        var file = Open(client, host["f"], 0);
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        var end = client.Register((int)pipe.ClientSafePipeHandle.DangerousGetHandle());
        var start = client.Register((int)pipe.SafePipeHandle.DangerousGetHandle());
        Assert.Equal(7, client.Do(new RingsSubmission { Operation = RingsOperation.Splice, File = start, Offset = ulong.MaxValue, Argument1 = file, Argument0 = 6, Length = 7 }).Result);
        Assert.Equal("d bytes", Encoding.ASCII.GetString(client.Do(new RingsSubmission { Operation = RingsOperation.Read, File = end, Length = 100 }).Payload));
    }

    [Fact]
    public void Futexes_wait_for_each_other_across_processes_memory()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        using var second = RawRings2.Join(host);
        var (region, at) = client.Region(4096);
        *(uint*)(at + 8) = 3;
        var wait = new RingsSubmission { UserData = 1, Operation = RingsOperation.FutexWait, Region = region, Address = 8, Argument0 = 3 };
        Assert.Equal(-(int)Errno.EAGAIN, client.Do(wait with { Argument0 = 4 }).Result);
        client.Send(RawRings2.Submit([], wait));
        Assert.Equal(1u, client.Stats().UnderWay);
        Assert.Equal(-(int)Errno.ETIME, client.Do(wait with { UserData = 9, DeadlineNsec = 1_000_000 }).Result);
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 2, Operation = RingsOperation.FutexWake, Region = region, Address = 8, Argument0 = 5 }));
        Assert.Equal([0, 1], client.Completions(2).OrderBy(c => c.Record.UserData).Select(c => c.Record.Result));
    }

    [Fact]
    public void A_process_is_waited_for()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read x; exit 3"]) { RedirectStandardInput = true })!;
        var pidfd = PidFd.Open(process.Id);
        Assert.SkipWhen(pidfd < 0, "no pidfd_open here");
        var file = client.Register(pidfd);
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1, Operation = RingsOperation.WaitId, File = file }));
        Assert.Equal(1u, client.Stats().UnderWay);
        process.StandardInput.Close();
        var (record, _) = client.Completions(1)[0];
        Assert.Equal(0, record.Result);
        Assert.True(record.Extra is 0 or ((1UL << 32) | (3 << 8)), $"extra {record.Extra:x}");
        Assert.True(process.WaitForExit(20000));
        FileCalls.Close(pidfd);
        Assert.Equal(-(int)Errno.EBADF, client.Do(new RingsSubmission { Operation = RingsOperation.WaitId, File = client.Register(client.Event()) }).Result);
    }

    [Fact]
    public void A_link_ended_before_its_turn_keeps_the_order()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        client.Send(RawRings2.Submit(
            [],
            new RingsSubmission { UserData = 1, Operation = RingsOperation.Timeout, Argument0 = 30_000_000, Flags = RingsEntryFlags.HardLink },
            new RingsSubmission { UserData = 2, DeadlineNsec = 1_000_000, Flags = RingsEntryFlags.HardLink },
            new RingsSubmission { UserData = 3 }));
        var ended = client.Completions(3).Select(c => (c.Record.UserData, c.Record.Result)).ToArray();
        Assert.Equal([(2ul, -(int)Errno.ETIME), (1ul, -(int)Errno.ETIME), (3ul, 0)], ended);
    }

    [Fact]
    public void Quiet_operations_speak_of_failures_only()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        client.Send(RawRings2.Submit(
            [],
            new RingsSubmission { UserData = 1, Flags = RingsEntryFlags.Quiet },
            new RingsSubmission { UserData = 2, Flags = RingsEntryFlags.Quiet, Operation = RingsOperation.Timeout, Argument0 = 1000 },
            new RingsSubmission { UserData = 3, Flags = RingsEntryFlags.Quiet | RingsEntryFlags.Link },
            new RingsSubmission { UserData = 4 }));
        Assert.Equal([2ul, 4ul], client.Completions(2).Select(c => c.Record.UserData).Order());
        Assert.Equal(4ul, client.Stats().Taken);
        Assert.Equal(0u, client.Stats().UnderWay);
    }

    [Fact]
    public void Beneath_roots_nothing_escapes()
    {
        using var outside = new Pentode.Testing.Processes.TemporaryDirectory();
        File.WriteAllText(outside["secret"], "secret");
        using var inside = new Pentode.Testing.Processes.TemporaryDirectory();
        File.WriteAllText(inside["f"], "open");
        Directory.CreateDirectory(inside["d"]);
        File.CreateSymbolicLink(inside["out"], outside["secret"]);
        using var host = new RingsHost(o => o with { Roots = [inside.Path] });
        using var client = new RawRings2(host.Path);
        Assert.True((client.Greet().Features & RingsFeatures.Confined) != 0);
        var open = new RingsSubmission { Operation = RingsOperation.Open };
        var exdev = -(int)Errno.EXDEV;
        Assert.True(client.DoPath(open, "f").Result > 0);
        Assert.True(client.DoPath(open, inside["f"]).Result > 0);
        Assert.Equal(exdev, client.DoPath(open, outside["secret"]).Result);
        Assert.Equal(exdev, client.DoPath(open, "../x").Result);
        Assert.Equal(exdev, client.DoPath(open, "out").Result);
        Assert.Equal(exdev, client.DoPath(open, inside.Path + "/../x").Result);
        var directory = (uint)client.DoPath(open with { Argument0 = 0x10000 }, "d").Result;
        Assert.Equal(exdev, client.DoPath(open with { File = directory }, "../f").Result);
        Assert.True(client.DoPath(open with { File = directory, Argument0 = 0x42, Argument1 = 0x1A4 }, "new").Result > 0);

        // A directory the client brought along would be used with the server's rights.
        var fd = FileCalls.Open(outside.Path, 0x10000);
        var brought = client.Register(fd);
        FileCalls.Close(fd);
        Assert.Equal(exdev, client.DoPath(open with { File = brought }, "secret").Result);
        foreach (var operation in new[] { RingsOperation.Unlink, RingsOperation.MakeDirectory })
        {
            Assert.Equal(exdev, client.DoPath(new RingsSubmission { Operation = operation, File = brought }, "secret").Result);
            foreach (var path in new[] { "../secret", outside["secret"], ".", "..", "d/x" })
                Assert.Equal(exdev, client.DoPath(new RingsSubmission { Operation = operation }, path).Result);
        }

        Assert.Equal(exdev, client.DoPath(new RingsSubmission { Operation = RingsOperation.Rename }, "f\0../f").Result);
        Assert.Equal(exdev, client.DoPath(new RingsSubmission { Operation = RingsOperation.Rename, Argument1 = brought }, "f\0f").Result);
        Assert.Equal(exdev, client.DoPath(new RingsSubmission { Operation = RingsOperation.Link }, outside["secret"] + "\0mine").Result);
        Assert.Equal(exdev, client.DoPath(new RingsSubmission { Operation = RingsOperation.Symlink }, "x\0../s").Result);
        Assert.Equal(exdev, client.DoPath(new RingsSubmission { Operation = RingsOperation.Statx, Argument1 = 0x7FF }, outside["secret"]).Result);

        // A link is looked at, not followed.
        var (result, payload, _) = client.DoPath(new RingsSubmission { Operation = RingsOperation.Statx, Argument1 = 0x7FF }, "out");
        Assert.Equal((0, 0xA000), (result, BinaryPrimitives.ReadUInt16LittleEndian(payload.AsSpan(28)) & 0xF000));
        Assert.Equal(0, client.DoPath(new RingsSubmission { Operation = RingsOperation.Rename, Argument1 = directory }, "f\0moved").Result);
        Assert.True(File.Exists(Path.Combine(inside["d"], "moved")));
        Assert.True(File.Exists(outside["secret"]));
    }

    [Fact]
    public void The_server_has_a_time_limit_of_its_own()
    {
        using var host = new RingsHost(o => o with { TaskTimeout = TimeSpan.FromMilliseconds(20) });
        using var client = RawRings2.Join(host);
        var end = client.Register(client.Event());
        var poll = new RingsSubmission { Operation = RingsOperation.Poll, File = end, OperationFlags = 1 };
        Assert.Equal(-(int)Errno.ETIMEDOUT, client.Do(poll).Result);
        Assert.Equal(-(int)Errno.ETIME, client.Do(poll with { DeadlineNsec = 1_000_000 }).Result);
    }

    [Fact]
    public void Quotas_of_a_user_are_those_of_all_its_connections()
    {
        using var host = new RingsHost(o => o with { PerUserCredits = 2, PerUserFds = 2, PerUserBytes = 1000, PerClientBytes = 800 });
        using var one = RawRings2.Join(host);
        using var two = RawRings2.Join(host);
        var (a, b) = Sockets.Pair();
        var file = one.Register(a);
        var other = two.Register(b);
        Assert.Equal(-(int)Errno.EMFILE, two.SendWith(RawRings2.Message(RingsMessageType.RegisterFiles, 1), a).Item().Value);
        var read = new RingsSubmission { UserData = 1, Operation = RingsOperation.Receive, File = file, Length = 801 };
        Assert.Equal(-(int)Errno.EAGAIN, one.Do(read).Result);
        one.Send(RawRings2.Submit([], read with { Length = 700 }));
        Assert.Equal(1u, one.Stats().UnderWay);
        Assert.Equal(-(int)Errno.EAGAIN, two.Do(read with { File = other, Length = 301 }).Result);
        two.Send(RawRings2.Submit([], read with { File = other, Length = 300 }));
        Assert.Equal(1u, two.Stats().UnderWay);
        Assert.Equal(-(int)Errno.EAGAIN, two.Do(new RingsSubmission { UserData = 3 }).Result);
        one.Dispose();
        two.Send(RawRings2.Submit([], new RingsSubmission { UserData = 9, Operation = RingsOperation.Cancel, Argument0 = 1 }));
        two.Completions(2);
        FileCalls.Close(a);
        FileCalls.Close(b);
        Assert.Equal(0, two.Do(new RingsSubmission { UserData = 3 }).Result);
    }

    [Fact]
    public void A_fifo_without_its_other_end_is_not_waited_for()
    {
        using var host = new RingsHost();
        using var client = RawRings2.Join(host);
        using (var made = Process.Start("mkfifo", host["fifo"])!)
            made.WaitForExit();
        Assert.Equal(-(int)Errno.ENXIO, client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = 1 }, host["fifo"]).Result);
        var end = Open(client, host["fifo"], 0);
        var start = Open(client, host["fifo"], 1);

        // Once open it waits as any FIFO.
        client.Send(RawRings2.Submit([], new RingsSubmission { UserData = 1, Operation = RingsOperation.Read, File = end, Length = 10 }));
        Assert.Equal(1u, client.Stats().UnderWay);
        client.Send(RawRings2.Submit([7, 8, 9], new RingsSubmission { UserData = 2, Operation = RingsOperation.Write, File = start, Length = 3 }));
        var results = client.Completions(2).OrderBy(c => c.Record.UserData).ToArray();
        Assert.Equal([3, 3], results.Select(r => r.Record.Result));
        Assert.Equal([7, 8, 9], results[0].Payload);
    }

    private static uint Open(RawRings2 client, string path, ulong flags)
    {
        var result = client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = flags, Argument1 = (flags & 0x40) != 0 ? 0x1A4u : 0 }, path).Result;
        Assert.True(result > 0, $"open {path}: {result}");
        return (uint)result;
    }

    private static byte[] Vectors(params (ushort Region, ulong Address, uint Length)[] vectors) => [.. vectors.SelectMany(v =>
    {
        var bytes = new byte[16];
        new RingsVector { Region = v.Region, Address = v.Address, Length = v.Length }.Write(bytes);
        return bytes;
    })];
}
