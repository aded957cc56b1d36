using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Pentode.Core.Diagnostics;

namespace Pentode.Daemon.Services;

/// <summary>
/// Tells the rpcbind of this machine where NFS and MOUNT are (port mapper 2: SET over UDP to 127.0.0.1:111), and that they are gone. When none
/// answers, that is logged and all: clients then give the port themselves.
/// </summary>
internal sealed class RpcbindRegistration
{
    private const int Port = 111;
    private const uint PortmapProgram = 100000, Set = 1, Unset = 2, Tcp = 6, Udp = 17;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly (uint Program, uint Version)[] s_served = [(100003, 2), (100003, 3), (100005, 1), (100005, 2), (100005, 3)];

    private RpcbindRegistration()
    {
    }

    /// <summary>Registers; null when there is nothing to take back later.</summary>
    public static async Task<RpcbindRegistration?> StartAsync(int port, bool udp, ILog log)
    {
        var taken = 0;
        foreach (var (program, version) in s_served)
        {
            // Whoever was there before is gone, or we would not have its port.
            if (await AskAsync(Unset, program, version, 0, 0).ConfigureAwait(false) is null)
            {
                log.Write(LogLevel.Warning, "nfs: no rpcbind answers on 127.0.0.1:111: clients have to be told the port");
                return null;
            }

            foreach (var protocol in udp ? [Tcp, Udp] : new[] { Tcp })
                taken += await AskAsync(Set, program, version, protocol, (uint)port).ConfigureAwait(false) == 1 ? 1 : 0;
        }

        if (taken == 0)
            log.Write(LogLevel.Warning, "nfs: rpcbind does not register the port for this user: clients have to be told it");
        return taken > 0 ? new RpcbindRegistration() : null;
    }

    /// <summary>Takes it back.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Performance", "CA1822", Justification = "There is one to stop only if one was started.")]
    public async Task StopAsync()
    {
        foreach (var (program, version) in s_served)
        {
            if (await AskAsync(Unset, program, version, 0, 0).ConfigureAwait(false) is null)
                return;
        }
    }

    // One datagram and its answer; null when there is none.
    private static async Task<uint?> AskAsync(uint procedure, uint program, uint version, uint protocol, uint port)
    {
        var xid = BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));
        uint[] words = [xid, 0, 2, PortmapProgram, 2, procedure, 0, 0, 0, 0, program, version, protocol, port];
        var call = new byte[words.Length * 4];
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(call.AsSpan(i * 4), words[i]);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port, patience.Token).ConfigureAwait(false);
            await socket.SendAsync(call, patience.Token).ConfigureAwait(false);
            var reply = new byte[512];
            var size = await socket.ReceiveAsync(reply, patience.Token).ConfigureAwait(false);
            // xid, REPLY, accepted, verifier of nothing, success, the answer.
            return size >= 28 && BinaryPrimitives.ReadUInt32BigEndian(reply) == xid && BinaryPrimitives.ReadUInt32BigEndian(reply.AsSpan(20)) == 0
                ? BinaryPrimitives.ReadUInt32BigEndian(reply.AsSpan(24))
                : null;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
