using Pentode.Core;

namespace Pentode.Tests.Blocks;

/// <summary>A guard that says what it is told to, from the given question on.</summary>
internal sealed class SwitchGuard(int goodFor = int.MaxValue, Errno then = Errno.ESTALE) : IWriteGuard
{
    private int _asked;

    public int Asked => Volatile.Read(ref _asked);

    public Errno Check() => Interlocked.Increment(ref _asked) > goodFor ? then : Errno.None;
}
