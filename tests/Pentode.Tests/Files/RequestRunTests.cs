using Xunit;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Host;
using static Pentode.Tests.Files.HostFixture;

namespace Pentode.Tests.Files;

/// <summary>Requests of several users in one run, where the thread stays the user of the last one.</summary>
public sealed class RequestRunTests : IDisposable
{
    private static readonly Credentials s_somebody = new(12345, 23456, [34567]);

    private readonly HostFixture _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Everybody_acts_as_himself()
    {
        Assert.SkipUnless(IsRoot, "needs user 0");
        var closed = _host.MakeDirectory("closed", mode: 0x1C0);
        using (RequestRun.Begin())
        {
            for (var round = 0; round < 2; round++)
            {
                foreach (var who in new[] { Nobody, Nobody, s_somebody, Credentials.Root, s_somebody, Nobody })
                {
                    var file = _host.Create("f", 0x180, who);
                    Assert.Equal((who.Uid, who.Gid), (Attributes(file.Node).Uid, Attributes(file.Node).Gid));
                    var stranger = who == Nobody ? s_somebody : Nobody;
                    Assert.Equal(Errno.EACCES, Now(file.Node.Open(stranger, 0)).Error);
                    Assert.Equal(who.Uid == 0 ? Errno.ENOENT : Errno.EACCES, _host.GetError("x", closed, who));
                    Assert.Equal(Errno.None, Now(file.Node.RemoveSelf(who)));
                    Done(file);
                }
            }
        }

        // Out of the run the thread is the daemon again, without a request that says so.
        File.WriteAllText(Path.Combine(_host.Host("closed"), "by-daemon"), "");
        closed.Release();
    }

    [Fact]
    public void Trees_that_check_and_trees_that_leave_it_to_clients_do_not_mix()
    {
        Assert.SkipUnless(IsRoot, "needs user 0");
        using var lax = new HostFixture(new HostTreeOptions { ClientChecks = true });
        var (here, there) = (_host.MakeDirectory("closed", mode: 0x1C0), lax.MakeDirectory("closed", mode: 0x1C0));
        using (RequestRun.Begin())
        {
            for (var round = 0; round < 2; round++)
            {
                Assert.Equal(Errno.EACCES, _host.GetError("x", here, Nobody));
                Assert.Equal(Errno.ENOENT, lax.GetError("x", there, Nobody));
            }
        }

        here.Release();
        there.Release();
    }

    [Fact]
    public void The_daemon_may_be_asked_for_inside()
    {
        Assert.SkipUnless(IsRoot, "needs user 0");
        var secret = _host.Create("secret", 0x180);
        using (RequestRun.Begin())
        {
            Assert.Equal(Errno.EACCES, Now(secret.Node.Open(Nobody, 0)).Error);
            RequestRun.LeaveUser();
            Assert.Empty(File.ReadAllText(_host.Host("secret")));

            // A lock opens the file on nobody's behalf.
            var open = Now(secret.Node.Open(Credentials.Root, 2)).Value;
            Assert.Equal(Errno.EACCES, Now(secret.Node.Open(Nobody, 0)).Error);
            Assert.Equal(Errno.None, open.TryLock(new LockOwner(this, 1, "c"), LockType.Write, 0, 0));
            Assert.Equal(Errno.None, Now(open.Close()));
        }

        Done(secret);
    }
}
