using Pentode.Core.Codecs;

namespace Pentode.Nfs.Rpc;

/// <summary>
/// The head of a call (RFC 5531 section 9), every field 4 bytes:
/// <code>xid | CALL 0 | rpcvers 2 | prog | vers | proc | cred flavor, length, body | verf flavor, length, body | arguments</code>
/// </summary>
internal readonly ref struct RpcCallHeader
{
    public uint Xid { get; init; }

    public uint RpcVersion { get; init; }

    public uint Program { get; init; }

    public uint Version { get; init; }

    public uint Procedure { get; init; }

    public uint Flavor { get; init; }

    public ReadOnlySpan<byte> Credentials { get; init; }

    /// <summary>Where the arguments begin.</summary>
    public int ArgumentsAt { get; init; }

    /// <summary>False when it is no call or the head does not fit: such a message cannot even be answered.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out RpcCallHeader header)
    {
        var reader = new XdrReader(message);
        var xid = reader.U32();
        var type = reader.U32();
        var version = reader.U32();
        var (program, programVersion, procedure) = (reader.U32(), reader.U32(), reader.U32());
        var flavor = reader.U32();
        var credentials = reader.Opaque(RpcConstants.MaxAuth);
        _ = reader.U32();
        _ = reader.Opaque(RpcConstants.MaxAuth);
        header = new RpcCallHeader
        {
            Xid = xid, RpcVersion = version, Program = program, Version = programVersion, Procedure = procedure, Flavor = flavor,
            Credentials = credentials, ArgumentsAt = reader.Position,
        };
        return !reader.IsOverrun && type == RpcConstants.Call;
    }
}
