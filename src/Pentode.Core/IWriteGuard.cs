namespace Pentode.Core;

/// <summary>
/// Leave to change something that others may take over: a lock whose token may become stale. Asked right before every change, from any
/// thread; costs no more than reading a clock.
/// </summary>
public interface IWriteGuard
{
    /// <summary>None while changes may be made now; ESTALE when the right was lost, EAGAIN when it is not yet held.</summary>
    Errno Check();
}
