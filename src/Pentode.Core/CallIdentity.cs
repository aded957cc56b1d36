namespace Pentode.Core;

/// <summary>
/// Names one call of a client that may send it again, after a crash too. It travels with the <see cref="Credentials"/> to whoever makes the
/// changes of the call; these are numbered in the order they are asked for, so that a call that comes again goes the same way and what it did
/// already is not done twice.
/// </summary>
public sealed class CallIdentity(ReadOnlyMemory<byte> key)
{
    private int _steps;

    /// <summary>The same bytes whenever the call is sent; never those of another call.</summary>
    public ReadOnlyMemory<byte> Key { get; } = key;

    /// <summary>A change of it was done: what fails after that is done in part.</summary>
    public bool HasChanged { get; private set; }

    /// <summary>Number of the next change, from 1.</summary>
    public int NextStep() => Interlocked.Increment(ref _steps);

    /// <summary>A change was done.</summary>
    public void Changed() => HasChanged = true;
}
