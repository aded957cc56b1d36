using Pentode.Core;
using Pentode.Core.Codecs;

namespace Pentode.Nfs.Rpc;

/// <summary>AUTH_SYS credentials (RFC 5531 appendix A): <c>stamp | machinename&lt;255&gt; | uid | gid | gids&lt;16&gt;</c>.</summary>
internal static class AuthSys
{
    /// <summary>The user they claim; null when they do not parse.</summary>
    public static Credentials? Read(ReadOnlySpan<byte> body)
    {
        var reader = new XdrReader(body);
        _ = reader.U32();
        _ = reader.Opaque(RpcConstants.MaxMachineName);
        var (uid, gid, count) = (reader.U32(), reader.U32(), reader.U32());
        if (reader.IsOverrun || count > RpcConstants.MaxGroups)
            return null;
        Span<uint> groups = stackalloc uint[RpcConstants.MaxGroups];
        for (var i = 0; i < (int)count; i++)
            groups[i] = reader.U32();
        return reader.Done() ? new Credentials(uid, gid, groups[..(int)count]) : null;
    }
}
