using Pentode.Locks.Record;

namespace Pentode.Locks.Deadlock;

/// <summary>A wait as its node states it: true at the moment the statement was written down.</summary>
/// <param name="Id">The node's number for it.</param>
/// <param name="Domain">Domain of the lock waited for.</param>
/// <param name="Name">The lock waited for.</param>
/// <param name="Mode">What is wanted of it.</param>
/// <param name="ExcludesLocally">Others of its own node are in its way as well.</param>
/// <param name="Request">Its request in the lock's record; 0 when another request of the node stands there.</param>
/// <param name="Place">The node's request in the queue that has to be granted first, its own or one for less; 0 when none is there.</param>
/// <param name="QueuedAt">Revision at which that request was first seen in the record; the youngest has the highest. <see cref="long.MaxValue"/> without one.</param>
/// <param name="First">Edition of the statement in which this wait, with this request and these pins, came first.</param>
/// <param name="Ahead">Requests before <paramref name="Place"/> in the record's queue, by session; without a place, the one for whose sake the node lets nobody in.</param>
/// <param name="Behind">Waits of the same node that come before it.</param>
/// <param name="Pins">What cannot be given back before it has ended.</param>
internal sealed record WaitEntry(
    ulong Id,
    LockName Domain,
    LockName Name,
    LockMode Mode,
    bool ExcludesLocally,
    ulong Request,
    ulong Place,
    long QueuedAt,
    ulong First,
    IReadOnlyList<WaitKey> Ahead,
    IReadOnlyList<ulong> Behind,
    IReadOnlyList<LockPin> Pins)
{
    /// <summary>True when it says the same of the world, whenever it was said first.</summary>
    internal bool IsSameWait(WaitEntry other) =>
        Id == other.Id && Request == other.Request && Place == other.Place && Mode == other.Mode && Domain == other.Domain && Name == other.Name && Pins.SequenceEqual(other.Pins);

    /// <summary>True when it says all the same.</summary>
    internal bool IsSame(WaitEntry other) =>
        IsSameWait(other) && First == other.First && QueuedAt == other.QueuedAt && Ahead.SequenceEqual(other.Ahead) && Behind.SequenceEqual(other.Behind);
}
