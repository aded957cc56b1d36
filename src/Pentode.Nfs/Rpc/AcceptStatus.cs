namespace Pentode.Nfs.Rpc;

/// <summary>accept_stat of RFC 5531 section 9.</summary>
internal enum AcceptStatus : uint
{
    /// <summary>Results follow.</summary>
    Success = 0,

    /// <summary>No such program here.</summary>
    ProgramUnavailable = 1,

    /// <summary>No such version of it; lowest and highest follow.</summary>
    ProgramMismatch = 2,

    /// <summary>No such procedure of it.</summary>
    ProcedureUnavailable = 3,

    /// <summary>The arguments do not parse.</summary>
    GarbageArguments = 4,

    /// <summary>Something broke here.</summary>
    SystemError = 5,
}
