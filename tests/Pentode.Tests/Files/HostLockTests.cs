using Xunit;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Locks;
using Pentode.Linux.Tree;
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
        Assert.Equal(Errno.None, locks.TryLock(new(), s_b, LockType.Unlock, 40, 10));
        Assert.Equal(Errno.None, locks.TryLock(file, s_a, LockType.Write, 40, 10));
        Assert.Equal(1, locks.Count);
        Assert.Equal(new LockRange(LockType.Write, 0, 100, 1, "a"), locks.Test(file, s_b, LockType.Unlock, 99, 0));
        Assert.Equal(LockType.Unlock, locks.Test(file, s_b, LockType.Write, 100, 0).Type);
        Assert.Equal(Errno.EINVAL, locks.TryLock(file, s_a, LockType.Read, -1, 1));
        Assert.Equal(Errno.None, locks.TryLock(file, s_a, LockType.Read, long.MaxValue, 5));
        locks.ReleaseFile(file);
        Assert.Equal(0, locks.Count);
    }

    [Fact]
    public void Files_of_one_owner_release_only_their_own()
    {
        var locks = new ByteRangeLocks();
        object one = new(), two = new();
        Assert.Equal(Errno.None, locks.TryLock(one, s_a, LockType.Write, 0, 10));
        Assert.Equal(Errno.None, locks.TryLock(two, s_a, LockType.Write, 20, 10));
        Assert.True(locks.ReleaseFile(two));
        Assert.False(locks.ReleaseFile(two));
        Assert.Equal(Errno.EAGAIN, locks.TryLock(two, s_b, LockType.Read, 9, 1));
        Assert.Equal(Errno.None, locks.TryLock(two, s_b, LockType.Read, 20, 10));
    }

    [Fact]
    public void The_host_sees_our_locks_and_we_see_its()
    {
        var ours = _host.Create("f");
        using (var theirs = File.OpenHandle(_host.Host("f"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            var fd = (int)theirs.DangerousGetHandle();
            Assert.Equal(0, DescriptionLocks.Set(fd, 1, 10, 10));
            Assert.Equal(Errno.EAGAIN, ours.File.TryLock(s_a, LockType.Read, 0, 11));
            Assert.Equal(Errno.None, ours.File.TryLock(s_a, LockType.Write, 0, 10));
            var found = ours.File.TestLock(s_b, LockType.Read, 10, 1).Value;
            Assert.Equal((LockType.Write, 10L, 10L), (found.Type, found.Start, found.Length));
            Assert.Equal((0L, 10L), (ours.File.TestLock(s_b, LockType.Read, 0, 0).Value.Start, ours.File.TestLock(s_b, LockType.Read, 0, 0).Value.Length));

            // Ours, whole and in pieces.
            Assert.Equal(-(int)Errno.EAGAIN, DescriptionLocks.Set(fd, 0, 9, 1));
            Assert.Equal(Errno.None, ours.File.TryLock(s_a, LockType.Unlock, 4, 2));
            Assert.Equal(0, DescriptionLocks.Set(fd, 1, 4, 2));
            Assert.Equal(-(int)Errno.EAGAIN, DescriptionLocks.Set(fd, 1, 3, 1));
            Assert.Equal(-(int)Errno.EAGAIN, DescriptionLocks.Set(fd, 1, 6, 1));
            Assert.Equal(Errno.EAGAIN, ours.File.TryLock(s_a, LockType.Read, 0, 10));
            Assert.Equal(Errno.None, ours.File.TryLock(s_b, LockType.Read, 100, 0));
            Assert.True(ours.File.ReleaseLocks());
            Assert.Equal(0, DescriptionLocks.Set(fd, 1, 0, 0));
        }

        Assert.Equal(Errno.None, ours.File.TryLock(s_b, LockType.Write, 0, 0));
        Done(ours);
    }

    [Fact]
    public void A_lock_leaves_no_descriptor_open()
    {
        var file = _host.Create("f");
        var path = _host.Host("f");
        for (var i = 0u; i < 50; i++)
        {
            var owner = new LockOwner("s", i, "c");
            Assert.Equal(Errno.None, file.File.TryLock(owner, LockType.Write, i * 10, 10));
            Assert.Equal(Errno.EAGAIN, file.File.TryLock(new LockOwner("s", i, "d"), LockType.Write, i * 10, 10));
            if (i % 2 == 0)
                Assert.Equal(Errno.None, file.File.TryLock(owner, LockType.Unlock, 0, 0));
        }

        Done(file);
        Assert.DoesNotContain(Directory.GetFiles("/proc/self/fd"), fd => string.Equals(TargetOf(fd), path, StringComparison.Ordinal));
    }

    // Other tests close descriptors of theirs meanwhile.
    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, false)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
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
