namespace Pentode.Uring;

/// <summary>
/// Receives the result of one operation of an <see cref="IoLoop"/>. The same object may be used again once <see cref="Complete"/> has been
/// called; while an operation is under way it belongs to the loop. Called on the loop thread only, never from inside the call that started
/// the operation.
/// </summary>
public abstract class IoCompletion
{
    /// <summary>Cookie of the operation under way, set by the loop; 0 when none is.</summary>
    internal ulong Ticket { get; set; }

    /// <summary>True while the loop owns this object.</summary>
    public bool IsPending => Ticket != 0;

    /// <summary>
    /// Set before a send whose end nobody waits for, because something else is sure to wake the loop for this owner (a receive under way): its
    /// success may then be told as late as that, which saves the loop a round of its own. Failures are told at once.
    /// </summary>
    public bool IsPatient { get; set; }

    /// <summary>The operation ended: <paramref name="result"/> is what the system call would have returned, or a negative errno.</summary>
    public abstract void Complete(int result);
}
