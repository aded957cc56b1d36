namespace Pentode.Uring.Portable;

/// <summary>What a <see cref="PortableOperation"/> does.</summary>
internal enum OperationKind
{
    /// <summary>Ended before it began.</summary>
    Nothing,
    Connect,
    Receive,
    Send,
    Poll,
    Delay,
    Read,
    Write,
    Fsync,
    Fallocate,
    Job,
}
