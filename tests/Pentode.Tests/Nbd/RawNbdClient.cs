using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Pentode.Nbd.Wire;

namespace Pentode.Tests.Nbd;

/// <summary>A blocking NBD client that says exactly what it is told, right or wrong, and checks every byte it gets.</summary>
internal sealed class RawNbdClient : IDisposable
{
    private readonly Socket _socket;

    public RawNbdClient(int descriptor)
    {
        // The pair is made non-blocking behind the back of Socket: only a change of the property reaches the kernel.
        _socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true)) { Blocking = false };
        _socket.Blocking = true;
        _socket.ReceiveTimeout = 30000;
        _socket.SendTimeout = 30000;
    }

    public bool IsStructured { get; private set; }

    public void Send(params ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Sends as far as the server lets it; false when it closed.</summary>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            Send(bytes);
            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    public byte[] Receive(int count)
    {
        var bytes = new byte[count];
        var got = TryReceive(bytes);
        return got == count ? bytes : throw new IOException($"closed after {got} of {count} bytes");
    }

    public bool IsClosedByServer() => TryReceive(new byte[1]) == 0;

    /// <summary>Reads until the server closes and counts.</summary>
    public long Drain()
    {
        var buffer = new byte[65536];
        long sum = 0;
        for (int n; (n = TryReceive(buffer)) > 0; sum += n)
        {
        }

        return sum;
    }

    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    public void Greet(uint clientFlags = 3)
    {
        var expected = new byte[18];
        BinaryPrimitives.WriteUInt64BigEndian(expected, NbdWire.InitPasswd);
        BinaryPrimitives.WriteUInt64BigEndian(expected.AsSpan(8), NbdWire.IHaveOpt);
        expected[17] = 3;
        Xunit.Assert.Equal(expected, Receive(18));
        var flags = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(flags, clientFlags);
        Send(flags);
    }

    public static byte[] Option(NbdOption option, ReadOnlySpan<byte> data)
    {
        var bytes = new byte[16 + data.Length];
        NbdOptionHeader.Write(bytes, option, (uint)data.Length);
        data.CopyTo(bytes.AsSpan(16));
        return bytes;
    }

    public void SendOption(NbdOption option, params ReadOnlySpan<byte> data) => Send(Option(option, data));

    /// <summary>Sends an option and reads replies up to the last one: ACK or an error.</summary>
    public List<(NbdOptionReply Type, byte[] Data)> Ask(NbdOption option, params ReadOnlySpan<byte> data)
    {
        SendOption(option, data);
        var replies = new List<(NbdOptionReply, byte[])>();
        while (true)
        {
            var head = Receive(20);
            Xunit.Assert.Equal(NbdWire.OptionReplyMagic, BinaryPrimitives.ReadUInt64BigEndian(head));
            Xunit.Assert.Equal((uint)option, BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(8)));
            var type = (NbdOptionReply)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(12));
            replies.Add((type, Receive(BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(16)))));
            if (type == NbdOptionReply.NBD_REP_ACK || (uint)type >= 0x80000000)
                return replies;
        }
    }

    public NbdOptionReply LastOf(NbdOption option, params ReadOnlySpan<byte> data) => Ask(option, data)[^1].Type;

    public static byte[] InfoData(string name, params NbdInfo[] types)
    {
        var text = Encoding.UTF8.GetBytes(name);
        var data = new byte[6 + text.Length + (2 * types.Length)];
        BinaryPrimitives.WriteInt32BigEndian(data, text.Length);
        text.CopyTo(data, 4);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4 + text.Length), (ushort)types.Length);
        for (var i = 0; i < types.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(6 + text.Length + (2 * i)), (ushort)types[i]);
        return data;
    }

    public static byte[] MetaData(string name, params string[] queries)
    {
        using var data = new MemoryStream();
        void Number(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            data.Write(bytes);
        }

        Number(Encoding.UTF8.GetByteCount(name));
        data.Write(Encoding.UTF8.GetBytes(name));
        Number(queries.Length);
        foreach (var query in queries)
        {
            Number(Encoding.UTF8.GetByteCount(query));
            data.Write(Encoding.UTF8.GetBytes(query));
        }

        return data.ToArray();
    }

    /// <summary>The whole handshake up to transmission; with a context when structured.</summary>
    public RawNbdClient Open(bool structured, string name = "", bool context = true)
    {
        Greet();
        if (structured)
        {
            Structured();
            if (context)
                Xunit.Assert.Equal(2, Ask(NbdOption.NBD_OPT_SET_META_CONTEXT, MetaData(name, "base:allocation")).Count);
        }

        Xunit.Assert.Equal(NbdOptionReply.NBD_REP_ACK, LastOf(NbdOption.NBD_OPT_GO, InfoData(name)));
        return this;
    }

    public void Structured()
    {
        Xunit.Assert.Equal(NbdOptionReply.NBD_REP_ACK, LastOf(NbdOption.NBD_OPT_STRUCTURED_REPLY));
        IsStructured = true;
    }

    public static byte[] Request(NbdCommand type, ulong cookie, ulong offset, uint length, NbdCommandFlags flags = 0, int payload = 0)
    {
        var bytes = new byte[NbdWire.RequestSize + payload];
        NbdRequestHeader.Write(bytes, type, flags, cookie, offset, length);
        bytes.AsSpan(NbdWire.RequestSize).Fill((byte)cookie);
        return bytes;
    }

    public void SendRequest(NbdCommand type, ulong cookie, ulong offset, uint length, NbdCommandFlags flags = 0) =>
        Send(Request(type, cookie, offset, length, flags));

    public NbdAnswer Call(NbdCommand type, ulong offset, uint length, NbdCommandFlags flags = 0, ulong cookie = 77)
    {
        Send(Request(type, cookie, offset, length, flags, type == NbdCommand.NBD_CMD_WRITE ? (int)length : 0));
        var answer = ReadAnswer(type == NbdCommand.NBD_CMD_READ ? length : 0);
        Xunit.Assert.Equal(cookie, answer.Cookie);
        return answer;
    }

    /// <summary>Next reply; <paramref name="readLength"/> is the data a successful simple reply to READ carries.</summary>
    public NbdAnswer ReadAnswer(uint readLength = 0)
    {
        var head = Receive(16);
        if (BinaryPrimitives.ReadUInt32BigEndian(head) == NbdWire.SimpleReplyMagic)
        {
            var error = (NbdError)BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4));
            var isRead = error == NbdError.NBD_SUCCESS && readLength > 0;
            Xunit.Assert.False(isRead && IsStructured, "a read is answered in chunks once they were negotiated");
            return new(BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(8)), error, isRead ? Receive((int)readLength) : [], [], false);
        }

        Xunit.Assert.True(IsStructured, "chunks must be negotiated");
        Xunit.Assert.Equal(NbdWire.ChunkMagic, BinaryPrimitives.ReadUInt32BigEndian(head));
        Xunit.Assert.Equal(NbdWire.NBD_REPLY_FLAG_DONE, BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(4)));
        var type = (NbdReplyChunk)BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(6));
        var cookie = BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(8));
        var body = Receive(BinaryPrimitives.ReadInt32BigEndian(Receive(4)));
        switch (type)
        {
            case NbdReplyChunk.NBD_REPLY_TYPE_NONE:
                Xunit.Assert.Empty(body);
                return new(cookie, NbdError.NBD_SUCCESS, [], [], true);
            case NbdReplyChunk.NBD_REPLY_TYPE_OFFSET_DATA:
                Xunit.Assert.True(body.Length > 8);
                return new(cookie, NbdError.NBD_SUCCESS, body[8..], [], true);
            case NbdReplyChunk.NBD_REPLY_TYPE_BLOCK_STATUS:
                var extents = new (uint, uint)[(body.Length - 4) / 8];
                for (var i = 0; i < extents.Length; i++)
                {
                    extents[i] = (BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(4 + (8 * i))),
                        BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(8 + (8 * i))));
                }

                return new(cookie, NbdError.NBD_SUCCESS, [], extents, true);
            case NbdReplyChunk.NBD_REPLY_TYPE_ERROR:
                Xunit.Assert.Equal(body.Length, 6 + BinaryPrimitives.ReadUInt16BigEndian(body.AsSpan(4)));
                return new(cookie, (NbdError)BinaryPrimitives.ReadUInt32BigEndian(body), [], [], true, Encoding.UTF8.GetString(body.AsSpan(6)));
            default:
                throw new IOException($"chunk type {type}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private int TryReceive(Span<byte> bytes)
    {
        var got = 0;
        while (got < bytes.Length)
        {
            int n;
            try
            {
                n = _socket.Receive(bytes[got..]);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                break;
            }

            if (n == 0)
                break;
            got += n;
        }

        return got;
    }
}
