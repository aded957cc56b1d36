using Xunit;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Locks;
using static Pentode.Tests.Files.HostFixture;

namespace Pentode.Tests.Files;

public sealed class HostLockTests : IDisposable
{
    private static readonly LockOwner s_a = new("s", 1, "a");
    private static readonly LockOwner s_b = new("s", 2, "a");
    private readonly HostFixture _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Ranges_split_and_merge()
    {
        var locks = new ByteRangeLocks();
        object file = new();
        Assert.Equal(Errno.None, locks.TryLock(file, s_a, LockType.Write, 0, 100));
        Assert.Equal(Errno.None, locks.TryLock(file, s_a, LockType.Unlock, 40, 10));
        Assert.Equal(2, locks.Count);
        Assert.Equal(Errno.None, locks.TryLock(new(), s_b, LockType.Write, 40, 10));
        Assert.Equal(Errno.EAGAIN, locks.TryLock(file, s_a, LockType.Read, 49, 1));
        Assert.Equal(Errno.EAGAIN, locks.TryLock(file, s_b, LockType.Read, 39, 1));
        locks.ReleaseOwner(s_b);
        Assert.Equal(Errno.None, locks.TryLock(file, s_a, LockType.Write, 40, 10));
        Assert.Equal(1, locks.Count);
        Assert.Equal(new LockRange(LockType.Write, 0, 100, 1, "a"), locks.Test(s_b, LockType.Unlock, 99, 0));
        Assert.Equal(LockType.Unlock, locks.Test(s_b, LockType.Write, 100, 0).Type);
        Assert.Equal(Errno.EINVAL, locks.TryLock(file, s_a, LockType.Read, -1, 1));
        Assert.Equal(Errno.None, locks.TryLock(file, s_a, LockType.Read, long.MaxValue, 5));
        locks.ReleaseFile(file);
        Assert.Equal(0, locks.Count);
    }

    [Fact]
    public void Locks_meet_across_open_files_and_end_with_theirs()
    {
        var first = _host.Create("f");
        var second = _host.Create("f", flags: 2);
        Assert.Equal(Errno.None, first.File.TryLock(s_a, LockType.Write, 0, 0));
        Assert.Equal(Errno.EAGAIN, second.File.TryLock(s_b, LockType.Read, 10, 1));
        Assert.Equal(new LockRange(LockType.Write, 0, 0, 1, "a"), second.File.TestLock(s_b, LockType.Read, 10, 1).Value);
        // The owner releases through any of its files.
        Assert.Equal(Errno.None, second.File.TryLock(s_a, LockType.Unlock, 0, 0));
        Assert.Equal(Errno.None, second.File.TryLock(s_b, LockType.Write, 10, 1));
        Done(second);
        Assert.Equal(LockType.Unlock, first.File.TestLock(s_a, LockType.Write, 0, 0).Value.Type);
        Done(first);
    }
}
