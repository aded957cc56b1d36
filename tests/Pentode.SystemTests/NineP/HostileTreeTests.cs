using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.NineP;

/// <summary><c>pentode files cp</c> from a server that makes names up to get out of the destination.</summary>
public sealed class HostileTreeTests
{
    [Fact]
    public void Names_that_lead_elsewhere_are_refused()
    {
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["out"]);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = Task.Run(() => Serve(listener));
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var result = Tool.Run(30, PentodeProcess.Binary, "files", "cp", "-r", $"9p://127.0.0.1:{port}/?aname=x", files["out"]);
        Assert.Equal(1, result.Status);
        Assert.Contains("refused: not the name of a file", result.Error, StringComparison.Ordinal);
        Assert.Equal(["good"], Directory.GetFileSystemEntries(files["out"]).Select(Path.GetFileName));
        Assert.Equal("abc", File.ReadAllText(files["out/good"]));
        Assert.Equal([files["out"]], Directory.GetFileSystemEntries(files.Path));
        Assert.True(server.Wait(TimeSpan.FromSeconds(10)));
    }

    private static void Serve(TcpListener listener)
    {
        using var client = listener.AcceptTcpClient();
        using var stream = client.GetStream();
        var head = new byte[7];
        while (stream.ReadAtLeast(head, 7, throwOnEndOfStream: false) == 7)
        {
            var body = new byte[BinaryPrimitives.ReadInt32LittleEndian(head) - 7];
            stream.ReadExactly(body);
            var answer = Answer((P9Type)head[4], body);
            BinaryPrimitives.WriteUInt16LittleEndian(answer.AsSpan(5), BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(5)));
            stream.Write(answer);
        }
    }

    private static byte[] Answer(P9Type type, byte[] body)
    {
        // Fid 0 and its clones, made by walks without names, are the directory; every other fid is a file of three bytes.
        var directory = new Qid(Qid.Directory, 0, 1);
        switch (type)
        {
            case P9Type.Tversion:
                return Frame(new Rversion { Msize = 65536, Version = "9P2000.L"u8 });
            case P9Type.Tattach:
                return Frame(new Rattach { Qid = directory });
            case P9Type.Twalk:
                return Frame(new Rwalk { Qids = new byte[Qid.Size * BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(8))] });
            case P9Type.Tgetattr:
                var isFile = s_looks++ > 0;
                return Frame(new Rgetattr { Valid = 0x7FF, Mode = isFile ? 0x81A4u : 0x41EDu, Length = 3 });
            case P9Type.Tlopen:
                return Frame(new Rlopen());
            case P9Type.Tread:
                return Frame(new Rread { Data = "abc"u8 });
            case P9Type.Treaddir:
                return BinaryPrimitives.ReadUInt64LittleEndian(body.AsSpan(4)) == 0 ? Frame(new Rreaddir { Data = Entries() }) : Frame(new Rreaddir());
            default:
                return [7, 0, 0, 0, (byte)(type + 1), 0, 0];
        }
    }

    private static int s_looks;

    private static byte[] Entries()
    {
        var data = new byte[1000];
        var writer = new LittleEndianWriter(data);
        byte[][] names = [".."u8.ToArray(), "../evil"u8.ToArray(), "/tmp/evil"u8.ToArray(), "a/b"u8.ToArray(), "nul\0"u8.ToArray(), [], new byte[256], "good"u8.ToArray()];
        for (var i = 0; i < names.Length; i++)
            new DirEntry { Qid = default, Offset = (ulong)i + 1, Kind = 8, Name = names[i] }.Write(ref writer);
        return data[..writer.Position];
    }

    private static byte[] Frame<T>(T message)
        where T : IWireMessage<T>, allows ref struct
    {
        var frame = new byte[P9Limits.HeaderSize + message.Size];
        var writer = new LittleEndianWriter(frame);
        writer.U32((uint)frame.Length);
        writer.U8((byte)T.Type);
        writer.U16(0);
        message.Write(ref writer);
        return frame;
    }
}
