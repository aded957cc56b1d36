using Pentode.Core;
using Pentode.Daemon.Identity;
using Xunit;

namespace Pentode.Tests.Daemon;

public sealed class UserDatabaseTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pentode-users").FullName;
    private readonly ManualTime _time = new();

    [Fact]
    public void GivesSupplementaryGroups()
    {
        var users = Create("root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbad line\nx:y:z:1::\n",
            "root:x:0:\nann:x:1000:ann\nwheel:x:10:root,ann\nvideo:x:44:bob, ann\nbroken\n");
        Assert.Equal(new Credentials(1000, 1000, [10, 44]), users.FindByName("ann"));
        Assert.Equal(new Credentials(0, 0, [10]), users.FindByUid(0));
        Assert.Null(users.FindByName("nobody-here"));
        Assert.Equal(new Credentials(4242, 4242), users.FindByUid(4242));
    }

    [Fact]
    public void FirstLineOfANumberWins()
    {
        var users = Create("a:x:7:8::/:\nb:x:7:9::/:\n", "");
        Assert.Equal(new Credentials(7, 8), users.FindByUid(7));
        Assert.Equal(new Credentials(7, 9), users.FindByName("b"));
    }

    [Fact]
    public void ReadsAgainAfterAMinuteOnly()
    {
        var users = Create("a:x:1:1::/:\n", "");
        Assert.NotNull(users.FindByName("a"));
        File.WriteAllText(Path.Combine(_directory, "passwd"), "b:x:2:2::/:\n");
        Assert.Null(users.FindByName("b"));
        _time.Advance(61);
        Assert.NotNull(users.FindByName("b"));
        Assert.Null(users.FindByName("a"));
    }

    [Fact]
    public void MissingFilesMeanNoUsers()
    {
        var users = new UserDatabase("/nonexistent/passwd", "/nonexistent/group");
        Assert.Null(users.FindByName("root"));
        Assert.Equal(new Credentials(5, 5), users.FindByUid(5));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private UserDatabase Create(string passwd, string group)
    {
        File.WriteAllText(Path.Combine(_directory, "passwd"), passwd);
        File.WriteAllText(Path.Combine(_directory, "group"), group);
        return new UserDatabase(Path.Combine(_directory, "passwd"), Path.Combine(_directory, "group"), _time);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _seconds = 1;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds;

        public void Advance(long seconds) => _seconds += seconds;
    }
}
