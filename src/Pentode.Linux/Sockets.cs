using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Pentode.Core;

namespace Pentode.Linux;

/// <summary>Makes and names stream sockets. All are non-blocking and close on exec; the caller owns what it gets.</summary>
public static unsafe class Sockets
{
    private const int Unix = 1;
    private const int Inet = 2;
    private const int Inet6 = 10;
    private const int StreamNonBlockCloexec = 1 | 0x800 | 0x80000;
    private const int SolSocket = 1;
    private const int Backlog = 1024;

    /// <summary>A listening TCP socket. <paramref name="host"/>: an IPv4 or IPv6 literal, "localhost", or "" or "*" for any IPv4 address. Port 0 takes a free one.</summary>
    public static Result<int> ListenTcp(string host, int port)
    {
        var address = TcpAddress(host, port);
        if (address.Length == 0)
            return Errno.EINVAL;
        var made = CreateTcp(address.Length != 16);
        if (!made.IsOk)
            return made.Error;
        SetOption(made.Value, SolSocket, 2, 1);
        return BindAndListen(made.Value, address);
    }

    /// <summary>A listening Unix socket. A socket file nobody answers at is replaced; EADDRINUSE when somebody does or it is no socket.</summary>
    public static Result<int> ListenUnix(string path)
    {
        var address = UnixAddress(path);
        if (address.Length == 0)
            return Errno.ENAMETOOLONG;
        var made = CreateUnix();
        if (!made.IsOk)
            return made.Error;
        var first = BindAndListen(made.Value, address);
        if (first.Error != Errno.EADDRINUSE)
            return first;
        var mode = FileCalls.ModeOf(path);

        // connect(2) refuses on any file, so only a file that is a socket may be taken for a stale one.
        if (mode < 0 || (mode & 0xF000) != 0xC000 || IsAnswering(address))
            return Errno.EADDRINUSE;
        FileCalls.Unlink(path);
        made = CreateUnix();
        return made.IsOk ? BindAndListen(made.Value, address) : made.Error;
    }

    /// <summary>Port a TCP socket is bound to; 0 for others.</summary>
    public static int LocalPort(int socket)
    {
        Span<byte> address = stackalloc byte[128];
        uint length = 128;
        fixed (byte* p = address)
        {
            if (NativeSocket.GetSockName(socket, p, &length) < 0)
                return 0;
        }

        var family = BinaryPrimitives.ReadUInt16LittleEndian(address);
        return family is Inet or Inet6 ? BinaryPrimitives.ReadUInt16BigEndian(address[2..]) : 0;
    }

    /// <summary>Who is at the other end: "127.0.0.1:1234", "[::1]:1234" or "unix:pid=..,uid=.."; "unknown" when it is gone.</summary>
    public static string PeerName(int socket)
    {
        Span<byte> address = stackalloc byte[128];
        address.Clear();
        uint length = 128;
        fixed (byte* p = address)
        {
            if (NativeSocket.GetPeerName(socket, p, &length) < 0)
                return "unknown";
        }

        var port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        switch (BinaryPrimitives.ReadUInt16LittleEndian(address))
        {
            case Inet:
                return new IPEndPoint(new IPAddress(address.Slice(4, 4)), port).ToString();
            case Inet6:
                var ip = new IPAddress(address.Slice(8, 16));
                return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, port).ToString();
            case Unix:
                return PeerCredentials(socket) is var (pid, uid, _)
                    ? string.Create(CultureInfo.InvariantCulture, $"unix:pid={pid},uid={uid}")
                    : "unix";
            default:
                return "unknown";
        }
    }

    /// <summary>SO_PEERCRED of a Unix socket; null for others.</summary>
    public static (int Pid, uint Uid, uint Gid)? PeerCredentials(int socket)
    {
        Span<uint> credentials = stackalloc uint[3];
        uint length = 12;
        fixed (uint* p = credentials)
        {
            if (NativeSocket.GetSockOpt(socket, SolSocket, 17, p, &length) < 0 || length != 12)
                return null;
        }

        return ((int)credentials[0], credentials[1], credentials[2]);
    }

    /// <summary>SO_PEERGROUPS of a Unix socket: the supplementary groups its peer had when it connected; null for others and on kernels before 4.13.</summary>
    public static uint[]? PeerGroups(int socket)
    {
        for (var room = 32; ;)
        {
            var groups = new uint[room];
            var length = (uint)room * 4;
            fixed (uint* p = groups)
            {
                if (NativeSocket.GetSockOpt(socket, SolSocket, 59, p, &length) == 0)
                    return groups[..(int)(length / 4)];
            }

            // ERANGE tells how many there are.
            if (Marshal.GetLastPInvokeError() != 34 || length / 4 <= (uint)room || length > 65536 * 4)
                return null;
            room = (int)(length / 4);
        }
    }

    /// <summary>
    /// Takes over a listening Unix stream socket made by somebody else, and makes it non-blocking and close on exec; EINVAL, with the
    /// descriptor left as it is, when it is anything else.
    /// </summary>
    public static Errno AdoptUnixListener(int socket)
    {
        const int type = 3, acceptsConnections = 30, domain = 39, stream = 1;
        if (Option(socket, domain) != Unix || Option(socket, type) != stream || Option(socket, acceptsConnections) != 1)
            return Errno.EINVAL;
        _ = Tree.TreeNative.Fcntl(socket, 2, 1);
        _ = Tree.TreeNative.Fcntl(socket, 4, Tree.TreeNative.Fcntl(socket, 3, 0) | 0x800);
        return Errno.None;
    }

    /// <summary>Path a Unix socket is bound to, "@name" in the abstract namespace; "" when it has none.</summary>
    public static string UnixPath(int socket)
    {
        Span<byte> address = stackalloc byte[110];
        uint length = 110;
        fixed (byte* p = address)
        {
            if (NativeSocket.GetSockName(socket, p, &length) < 0 || length <= 2 || BinaryPrimitives.ReadUInt16LittleEndian(address) != Unix)
                return "";
        }

        var name = address[2..(int)Math.Min(length, 110)];
        return name[0] == 0 ? "@" + Encoding.UTF8.GetString(name[1..]) : Encoding.UTF8.GetString(name.TrimEnd((byte)0));
    }

    /// <summary>Raw address a socket is bound to; empty when it is none.</summary>
    public static byte[] LocalAddress(int socket)
    {
        var address = new byte[128];
        uint length = 128;
        fixed (byte* p = address)
            return NativeSocket.GetSockName(socket, p, &length) == 0 ? address[..(int)Math.Min(length, 128)] : [];
    }

    /// <summary>True for the client's end of a connection to the listener of this address.</summary>
    public static bool IsConnectedTo(int socket, ReadOnlySpan<byte> address)
    {
        Span<byte> peer = stackalloc byte[128];
        uint length = 128;
        fixed (byte* p = peer)
            return NativeSocket.GetPeerName(socket, p, &length) == 0 && peer[..(int)Math.Min(length, 128)].SequenceEqual(address);
    }

    /// <summary>An unbound TCP socket.</summary>
    public static Result<int> CreateTcp(bool ipv6 = false) => Of(NativeSocket.Socket(ipv6 ? Inet6 : Inet, StreamNonBlockCloexec, 0));

    /// <summary>An unbound Unix stream socket.</summary>
    public static Result<int> CreateUnix() => Of(NativeSocket.Socket(Unix, StreamNonBlockCloexec, 0));

    /// <summary>Raw sockaddr_in (16 bytes) or sockaddr_in6 (28 bytes); empty when <paramref name="host"/> is no literal or the port is out of range.</summary>
    public static byte[] TcpAddress(string host, int port)
    {
        var name = host switch
        {
            "" or "*" => "0.0.0.0",
            "localhost" => "127.0.0.1",
            _ => host,
        };
        if (port is < 0 or > ushort.MaxValue || !IPAddress.TryParse(name, out var ip))
            return [];
        var literal = ip.GetAddressBytes();
        var address = new byte[literal.Length == 4 ? 16 : 28];
        BinaryPrimitives.WriteUInt16LittleEndian(address, (ushort)(literal.Length == 4 ? Inet : Inet6));
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), (ushort)port);
        literal.CopyTo(address, literal.Length == 4 ? 4 : 8);
        if (literal.Length == 16)
            BinaryPrimitives.WriteUInt32LittleEndian(address.AsSpan(24), (uint)ip.ScopeId);
        return address;
    }

    /// <summary>Raw sockaddr_un; a leading '@' means the abstract namespace. Empty when the path is empty or longer than 107 bytes.</summary>
    public static byte[] UnixAddress(string path)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        if (bytes.Length is 0 or > 107)
            return [];
        var isAbstract = bytes[0] == '@';
        var address = new byte[2 + bytes.Length + (isAbstract ? 0 : 1)];
        BinaryPrimitives.WriteUInt16LittleEndian(address, Unix);
        bytes.CopyTo(address, 2);
        if (isAbstract)
            address[2] = 0;
        return address;
    }

    /// <summary>Turns Nagle's algorithm off; no effect on other sockets.</summary>
    public static void SetNoDelay(int socket) => SetOption(socket, 6, 1, 1);

    /// <summary>Turns keep-alive probes on, so that dead peers are noticed.</summary>
    public static void SetKeepAlive(int socket)
    {
        SetOption(socket, SolSocket, 9, 1);
        SetOption(socket, 6, 4, 60);
        SetOption(socket, 6, 5, 15);
        SetOption(socket, 6, 6, 4);
    }

    /// <summary>Ends both directions; receives under way end with 0.</summary>
    public static void Shutdown(int socket) => _ = NativeSocket.Shutdown(socket, 2);

    /// <summary>Ends only the sending direction.</summary>
    public static void ShutdownSend(int socket) => _ = NativeSocket.Shutdown(socket, 1);

    /// <summary>Two connected Unix stream sockets; throws when the system has no descriptors left.</summary>
    public static (int A, int B) Pair()
    {
        var pair = stackalloc int[2];
        return NativeSocket.SocketPair(Unix, StreamNonBlockCloexec, 0, pair) == 0
            ? (pair[0], pair[1])
            : throw new IOException($"socketpair: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Makes close(2) reset a TCP connection instead of ending it in order.</summary>
    public static void SetResetOnClose(int socket)
    {
        var linger = stackalloc int[2] { 1, 0 };
        _ = NativeSocket.SetSockOpt(socket, SolSocket, 13, linger, 8);
    }

    /// <summary>SO_SNDBUF and SO_RCVBUF; 0 leaves one as it is.</summary>
    public static void SetBufferSizes(int socket, int send, int receive)
    {
        if (send > 0)
            SetOption(socket, SolSocket, 7, send);
        if (receive > 0)
            SetOption(socket, SolSocket, 8, receive);
    }

    private static bool IsAnswering(byte[] address)
    {
        var probe = CreateUnix();
        if (!probe.IsOk)
            return true;
        var error = 0;
        fixed (byte* p = address)
        {
            if (NativeSocket.Connect(probe.Value, p, (uint)address.Length) < 0)
                error = Marshal.GetLastPInvokeError();
        }

        FileCalls.Close(probe.Value);
        return error != (int)Errno.ECONNREFUSED;
    }

    private static Result<int> BindAndListen(int socket, byte[] address)
    {
        fixed (byte* p = address)
        {
            if (NativeSocket.Bind(socket, p, (uint)address.Length) == 0 && NativeSocket.Listen(socket, Backlog) == 0)
                return socket;
        }

        var error = (Errno)Marshal.GetLastPInvokeError();
        FileCalls.Close(socket);
        return error;
    }

    private static int Option(int socket, int name)
    {
        var value = 0;
        uint length = sizeof(int);
        return NativeSocket.GetSockOpt(socket, SolSocket, name, &value, &length) == 0 ? value : -1;
    }

    private static void SetOption(int socket, int level, int name, int value) =>
        _ = NativeSocket.SetSockOpt(socket, level, name, &value, sizeof(int));

    private static Result<int> Of(int descriptor)
    {
        if (descriptor >= 0)
            return descriptor;
        return (Errno)Marshal.GetLastPInvokeError();
    }
}
