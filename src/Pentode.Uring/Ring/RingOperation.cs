namespace Pentode.Uring.Ring;

/// <summary>What an operation slot is used for.</summary>
internal enum RingOperation : byte
{
    None,
    Receive,
    Send,
    SendVectored,
    Read,
    Write,
    Fsync,
    Fallocate,
    Poll,
    Connect,
    Accept,
}
