namespace Pentode.Locks.Stores.Etcd;

/// <summary>gRPC status codes (gRPC "Status codes and their use"), by their numbers.</summary>
internal enum GrpcCode
{
    /// <summary>OK.</summary>
    Ok = 0,

    /// <summary>CANCELLED.</summary>
    Cancelled = 1,

    /// <summary>UNKNOWN.</summary>
    Unknown = 2,

    /// <summary>INVALID_ARGUMENT: etcd also for duplicate keys, too many steps, too large requests.</summary>
    InvalidArgument = 3,

    /// <summary>DEADLINE_EXCEEDED.</summary>
    DeadlineExceeded = 4,

    /// <summary>NOT_FOUND.</summary>
    NotFound = 5,

    /// <summary>ALREADY_EXISTS.</summary>
    AlreadyExists = 6,

    /// <summary>PERMISSION_DENIED.</summary>
    PermissionDenied = 7,

    /// <summary>RESOURCE_EXHAUSTED: etcd's quota is used up, or it has too many requests.</summary>
    ResourceExhausted = 8,

    /// <summary>FAILED_PRECONDITION.</summary>
    FailedPrecondition = 9,

    /// <summary>ABORTED.</summary>
    Aborted = 10,

    /// <summary>OUT_OF_RANGE: etcd's "compacted" and "future revision".</summary>
    OutOfRange = 11,

    /// <summary>UNIMPLEMENTED: no etcd, or a very old one.</summary>
    Unimplemented = 12,

    /// <summary>INTERNAL.</summary>
    Internal = 13,

    /// <summary>UNAVAILABLE: no leader, leader changed, timed out, shutting down; also our word for "could not connect".</summary>
    Unavailable = 14,

    /// <summary>DATA_LOSS: etcd's "corrupt cluster".</summary>
    DataLoss = 15,

    /// <summary>UNAUTHENTICATED: etcd's "invalid auth token".</summary>
    Unauthenticated = 16,
}
