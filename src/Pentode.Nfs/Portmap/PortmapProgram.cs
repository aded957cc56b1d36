using System.Globalization;
using System.Net;
using System.Text;
using Pentode.Core.Codecs;
using Pentode.Nfs.Rpc;
using Pentode.Nfs.Server;

namespace Pentode.Nfs.Portmap;

/// <summary>
/// The port mapper (RFC 1833: version 2, and GETADDR of rpcbind 3 and 4) for the programs served here and no others: nothing can be registered
/// or called through it.
/// </summary>
internal sealed class PortmapProgram(NfsLoop loop) : IRpcProgram
{
    private const uint Tcp = 6, Udp = 17;

    private static readonly (uint Program, uint Version)[] s_served =
    [
        (RpcConstants.PortmapProgram, 2), (RpcConstants.PortmapProgram, 3), (RpcConstants.PortmapProgram, 4), (RpcConstants.NfsProgram, 2),
        (RpcConstants.NfsProgram, 3), (RpcConstants.MountProgram, 1), (RpcConstants.MountProgram, 2), (RpcConstants.MountProgram, 3),
    ];

    /// <inheritdoc/>
    public uint Number => RpcConstants.PortmapProgram;

    /// <inheritdoc/>
    public uint LowestVersion => 2;

    /// <inheritdoc/>
    public uint HighestVersion => 4;

    /// <inheritdoc/>
    public int ProceduresOf(uint version) => version == 2 ? 5 : version == 3 ? 9 : 13;

    /// <inheritdoc/>
    public bool IsOpenToAll(RpcCall call) => true;

    /// <inheritdoc/>
    public bool MustNotRepeat(RpcCall call) => false;

    /// <inheritdoc/>
    public ValueTask Run(RpcCall call)
    {
        switch (call.Version, call.Procedure)
        {
            case (_, 0):
                call.Answer(AcceptStatus.Success);
                break;
            // SET and UNSET: refused.
            case (_, 1 or 2):
                Answer(call, 0);
                break;
            case (2, 3):
                GetPort(call);
                break;
            case (2, 4):
                Dump(call);
                break;
            case (3 or 4, 3) or (4, 9):
                GetAddress(call);
                break;
            default:
                call.Answer(AcceptStatus.ProcedureUnavailable);
                break;
        }

        return default;
    }

    private static void Answer(RpcCall call, uint value)
    {
        var writer = call.Begin(4);
        writer.U32(value);
        call.End(writer);
    }

    private bool IsServed(uint program, uint version, uint protocol) =>
        (protocol == Tcp || (protocol == Udp && loop.Server.Options.Udp)) && s_served.Any(s => s.Program == program && (s.Version == version || version == 0));

    private int PortOf(uint program) => program == RpcConstants.PortmapProgram ? loop.Server.Options.PortmapPort : loop.Server.Options.Port;

    /// <summary><c>program | version | protocol | port</c> → port, 0 for none. A version that is not served but whose program is gets its port, as by rpcbind.</summary>
    private void GetPort(RpcCall call)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var (program, _, protocol, _) = (reader.U32(), reader.U32(), reader.U32(), reader.U32());
        if (!reader.Done())
            call.Answer(AcceptStatus.GarbageArguments);
        else
            Answer(call, IsServed(program, 0, protocol) ? (uint)PortOf(program) : 0);
    }

    private void Dump(RpcCall call)
    {
        var writer = call.Begin(4 + (s_served.Length * 2 * 20));
        foreach (var (program, version) in s_served)
        {
            for (var protocol = Tcp; protocol != 0; protocol = protocol == Tcp && loop.Server.Options.Udp ? Udp : 0)
            {
                writer.U32(1);
                writer.U32(program);
                writer.U32(version);
                writer.U32(protocol);
                writer.U32((uint)PortOf(program));
            }
        }

        writer.U32(0);
        call.End(writer);
    }

    /// <summary><c>program | version | netid | address | owner</c> → universal address "1.2.3.4.8.1", empty for none.</summary>
    private void GetAddress(RpcCall call)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var (program, version) = (reader.U32(), reader.U32());
        var network = Encoding.ASCII.GetString(reader.Opaque(256));
        var asked = Encoding.ASCII.GetString(reader.Opaque(256));
        _ = reader.Opaque(256);
        if (!reader.Done())
        {
            call.Answer(AcceptStatus.GarbageArguments);
            return;
        }

        var address = "";
        if (network is "tcp" or "udp" or "tcp6" or "udp6" && IsServed(program, call.Procedure == 9 ? version : 0, network.StartsWith("tcp", StringComparison.Ordinal) ? Tcp : Udp))
            address = Universal(asked, network, PortOf(program));
        var writer = call.Begin(4 + ((address.Length + 3) & ~3));
        writer.Opaque(Encoding.ASCII.GetBytes(address));
        call.End(writer);
    }

    // The address the client asked at is one it can reach; what it says of it ends in two numbers for the port.
    private static string Universal(string asked, string network, int port)
    {
        var any = network.EndsWith('6') ? "::" : "0.0.0.0";
        var parts = asked.Split('.');
        var host = parts.Length > 2 && IPAddress.TryParse(string.Join('.', parts[..^2]), out var ip) ? ip.ToString() : any;
        return string.Create(CultureInfo.InvariantCulture, $"{host}.{port >> 8}.{port & 0xFF}");
    }
}
