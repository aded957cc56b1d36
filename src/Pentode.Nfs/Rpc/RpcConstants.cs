namespace Pentode.Nfs.Rpc;

/// <summary>Numbers of ONC RPC version 2 (RFC 5531) and of the programs on it.</summary>
internal static class RpcConstants
{
    /// <summary>msg_type.</summary>
    public const uint Call = 0, Reply = 1;

    /// <summary>reply_stat.</summary>
    public const uint Accepted = 0, Denied = 1;

    /// <summary>reject_stat.</summary>
    public const uint RpcMismatch = 0, AuthError = 1;

    /// <summary>auth_stat.</summary>
    public const uint BadCredentials = 1, BadVerifier = 3, TooWeak = 5;

    /// <summary>auth_flavor.</summary>
    public const uint FlavorNone = 0, FlavorSys = 1;

    /// <summary>Programs.</summary>
    public const uint PortmapProgram = 100000, NfsProgram = 100003, MountProgram = 100005;

    /// <summary>Longest credentials or verifier (opaque_auth).</summary>
    public const int MaxAuth = 400;

    /// <summary>Groups of an AUTH_SYS credential.</summary>
    public const int MaxGroups = 16;

    /// <summary>Longest machine name in one.</summary>
    public const int MaxMachineName = 255;

    /// <summary>Bytes of an accepted reply before its results: xid, REPLY, MSG_ACCEPTED, empty verifier, accept_stat.</summary>
    public const int ReplyHeader = 24;

    /// <summary>Bytes of the record mark on a stream.</summary>
    public const int RecordMark = 4;

    /// <summary>Bit of a record mark: this fragment ends the record.</summary>
    public const uint LastFragment = 0x80000000;
}
