namespace Pentode.Locks.Manager;

/// <summary>Life of a handle.</summary>
internal enum HandleState
{
    Held,
    Lost,
    Released,
}
