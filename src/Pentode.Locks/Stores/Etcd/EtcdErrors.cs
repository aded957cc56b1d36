using Pentode.Core;

namespace Pentode.Locks.Stores.Etcd;

/// <summary>The one place that turns gRPC statuses and transport failures into outcomes and <see cref="Errno"/>.</summary>
internal static class EtcdErrors
{
    /// <summary>What is known about the effect of a call that ended like this. For a read, Unknown only means "no answer".</summary>
    public static EtcdOutcome Outcome(GrpcReply reply)
    {
        if (reply.Code == GrpcCode.Ok)
            return EtcdOutcome.Answered;
        if (!reply.Sent)
            return EtcdOutcome.NotApplied;
        return reply.Code switch
        {
            // Refused before or while it was applied, the same on every member, without an effect.
            GrpcCode.InvalidArgument or GrpcCode.NotFound or GrpcCode.AlreadyExists or GrpcCode.PermissionDenied or GrpcCode.ResourceExhausted
                or GrpcCode.FailedPrecondition or GrpcCode.OutOfRange or GrpcCode.Unimplemented or GrpcCode.DataLoss or GrpcCode.Unauthenticated
                => EtcdOutcome.NotApplied,

            // Time-outs, leader changes, shutdowns, lost connections: the proposal may be in the log of the cluster.
            _ => EtcdOutcome.Unknown,
        };
    }

    /// <summary>True when another member may answer where this one did not.</summary>
    public static bool IsMembersFault(GrpcReply reply) =>
        !reply.Sent || reply.Code is GrpcCode.Unavailable or GrpcCode.DeadlineExceeded or GrpcCode.Cancelled or GrpcCode.Unknown or GrpcCode.Internal
            or GrpcCode.Unimplemented;

    /// <summary>True when a fresh token may help: expired, or older than the last change of users.</summary>
    public static bool WantsToken(GrpcReply reply) =>
        reply.Code == GrpcCode.Unauthenticated
        || (reply.Code == GrpcCode.InvalidArgument && reply.Message.Contains("auth", StringComparison.Ordinal) && !reply.Message.Contains("password", StringComparison.Ordinal))
        || (reply.Code == GrpcCode.InvalidArgument && reply.Message.Contains("user name is empty", StringComparison.Ordinal));

    /// <summary>The error number of a failed call.</summary>
    public static Errno ToErrno(GrpcReply reply) => reply.Code switch
    {
        GrpcCode.Ok => Errno.None,
        GrpcCode.Cancelled => Errno.ECANCELED,
        GrpcCode.DeadlineExceeded => Errno.ETIMEDOUT,
        GrpcCode.Unavailable => reply.Sent ? Errno.ETIMEDOUT : Errno.EHOSTUNREACH,
        GrpcCode.ResourceExhausted => reply.Message.Contains("space", StringComparison.Ordinal) ? Errno.ENOSPC : Errno.EAGAIN,
        GrpcCode.PermissionDenied or GrpcCode.Unauthenticated => Errno.EACCES,
        GrpcCode.InvalidArgument => InvalidArgument(reply.Message),
        GrpcCode.FailedPrecondition => Errno.EACCES,
        GrpcCode.NotFound => Errno.ENOENT,
        GrpcCode.AlreadyExists => Errno.EEXIST,
        GrpcCode.OutOfRange => Errno.ESTALE,
        GrpcCode.Unimplemented => Errno.EPROTONOSUPPORT,
        _ => Errno.EIO,
    };

    private static Errno InvalidArgument(string message)
    {
        if (message.Contains("too large", StringComparison.Ordinal))
            return Errno.EMSGSIZE;
        return message.Contains("auth", StringComparison.Ordinal) || message.Contains("user", StringComparison.Ordinal) ? Errno.EACCES : Errno.EINVAL;
    }
}
