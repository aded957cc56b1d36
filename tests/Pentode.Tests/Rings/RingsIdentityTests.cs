using System.Text;
using Pentode.Linux;
using Pentode.Rings.Server;
using Pentode.Rings.Wire;

namespace Pentode.Tests.Rings;

/// <summary>Whose rights tasks have, and who may connect. Other users are played by threads of this process, so root is needed.</summary>
public sealed class RingsIdentityTests
{
    private const int Enoent = -2;
    private const int Eacces = -13;
    private const int Ecanceled = -125;
    private const uint Alice = 64001;
    private const uint Bob = 64002;
    private const uint Shared = 64100;

    private static readonly byte[] s_forever = RawRings.Request(RingsKind.Timeout, 3_600_000_000_000ul);

    [Fact]
    public void Opens_happen_as_the_caller()
    {
        RequireRoot();
        using var host = new RingsHost(o => o with { RingEntries = 16 });
        using var root = host.Join();
        using var alice = host.JoinAs(Alice, Alice);
        using var member = host.JoinAs(Bob, Bob, 7, Shared);
        File.WriteAllText(host["secret"], "of root");
        File.SetUnixFileMode(host["secret"], UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Tool("chown", $"0:{Shared}", host["secret"]);
        Assert.Equal(1, root.Do(RawRings.OpenAt(host["secret"], 0)).Result);
        Assert.Equal(Eacces, alice.Do(RawRings.OpenAt(host["secret"], 0)).Result);
        Assert.Equal(1, member.Do(RawRings.OpenAt(host["secret"], 0)).Result);
        Assert.Equal("of root", Encoding.UTF8.GetString(member.Do(RawRings.Request(RingsKind.FileRead, 1u, 100u)).Payload));
        Assert.Equal(Eacces, member.Do(RawRings.OpenAt(host["secret"], 1)).Result);

        // What is made belongs to who asked.
        Assert.Equal(2, alice.Do(RawRings.OpenAt(host["made"], 0x42)).Result);
        Assert.Equal($"{Alice}:{Alice}", Tool("stat", "-c", "%u:%g", host["made"]));
    }

    [Fact]
    public void Under_roots_too()
    {
        RequireRoot();
        var directory = Directory.CreateTempSubdirectory("pentode-");
        try
        {
            File.WriteAllText(Path.Combine(directory.FullName, "secret"), "of root");
            File.SetUnixFileMode(Path.Combine(directory.FullName, "secret"), UnixFileMode.UserRead);
            File.WriteAllText(Path.Combine(directory.FullName, "open"), "for all");
            File.SetUnixFileMode(directory.FullName, (UnixFileMode)0x1ED);
            using var host = new RingsHost(o => o with { Roots = [directory.FullName] });
            using var alice = host.JoinAs(Alice, Alice);
            Assert.Equal(Eacces, alice.Do(RawRings.OpenAt("secret", 0)).Result);
            Assert.Equal(2, alice.Do(RawRings.OpenAt("open", 0)).Result);
            Assert.Equal(-18, alice.Do(RawRings.OpenAt("/etc/passwd", 0)).Result);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(RingsActor.Caller, Alice)]
    [InlineData(RingsActor.Server, 0)]
    public void Peers_of_connections_see_who_acts(RingsActor actor, uint expected)
    {
        RequireRoot();
        using var host = new RingsHost(o => o with { ActAs = actor });
        using var alice = host.JoinAs(Alice, Alice);
        var listener = Sockets.ListenUnix(host["peer"]).Value;
        File.SetUnixFileMode(host["peer"], (UnixFileMode)0x1FF);
        var dialler = Sockets.CreateUnix().Value;
        var id = alice.Register(dialler);
        var address = Sockets.UnixAddress(host["peer"]);
        Assert.Equal(0, alice.Do(RawRings.Request(RingsKind.Connect, id, (uint)address.Length, address)).Result);
        var accepted = SocketCalls.Accept(listener);
        Assert.Equal(expected, Sockets.PeerCredentials(accepted)!.Value.Uid);
        File.WriteAllText(host["secret"], "of root");
        File.SetUnixFileMode(host["secret"], UnixFileMode.UserRead);
        Assert.Equal(actor == RingsActor.Server ? 2 : Eacces, alice.Do(RawRings.OpenAt(host["secret"], 0)).Result);
        foreach (var descriptor in new[] { listener, dialler, accepted })
            FileCalls.Close(descriptor);
    }

    [Fact]
    public void Credentials_are_kept_once_each_and_dropped_with_the_last_connection()
    {
        RequireRoot();
        using var host = new RingsHost();
        using (var one = host.JoinAs(Alice, Alice))
        {
            using var two = host.JoinAs(Alice, Alice);
            using var grouped = host.JoinAs(Alice, Alice, Shared);
            using var bob = host.JoinAs(Bob, Bob);
            Assert.Equal(3, host.Server.Personalities);
            two.Dispose();
            bob.Dispose();
            host.Await(s => s.ActiveClients == 2);
            Assert.Equal(2, host.Server.Personalities);
            Assert.Equal(Eacces, one.Do(RawRings.OpenAt("/etc/shadow", 0)).Result);
        }

        host.Await(s => s.ActiveClients == 0);
        Assert.Equal(0, host.Server.Personalities);
    }

    [Theory]
    [InlineData(false, Enoent)]
    [InlineData(true, 0)]
    public void Tasks_of_other_users_are_out_of_reach_unless_all_may_cancel(bool any, int result)
    {
        RequireRoot();
        using var host = new RingsHost(o => o with { RingEntries = 8, CancelAny = any });
        using var alice = host.JoinAs(Alice, Alice);
        using var sister = host.JoinAs(Alice, Alice, Shared);
        using var bob = host.JoinAs(Bob, Bob);
        alice.Send(s_forever, s_forever);
        var first = alice.Submitted().Task;
        var second = alice.Submitted().Task;
        Assert.Equal(result, bob.Do(RawRings.Request(RingsKind.Cancel, first)).Result);
        Assert.Equal(0, sister.Do(RawRings.Request(RingsKind.Cancel, second)).Result);
        var ended = new List<ulong> { alice.Completed().Task };
        if (any)
            ended.Add(alice.Completed().Task);
        Assert.Contains(second, ended);
        Assert.Equal(any, ended.Contains(first));
        if (!any)
            Assert.Equal(1u, alice.Stats().OutstandingTasks);
    }

    [Fact]
    public void Only_the_allowed_connect()
    {
        RequireRoot();
        var log = new WarningLog();
        using var host = new RingsHost(o => o with { AllowedUids = [Alice], AllowedGids = [Shared], Log = log });
        using var alice = host.JoinAs(Alice, 5);
        using var byGroup = host.JoinAs(Bob, Shared);
        using var bySupplementaryGroup = host.JoinAs(Bob, Bob, 4, Shared);
        for (var i = 0; i < 3; i++)
        {
            using var bob = host.ConnectAs(Bob, Bob, 4);
            bob.AssertEnd();
        }

        using var root = host.Connect();
        root.AssertEnd();
        Assert.Equal(0, bySupplementaryGroup.Do(RawRings.Prefix(RingsKind.Nop)).Result);
        Assert.Equal(3u, alice.Stats().ActiveClients);

        // Once for each user, however often he knocks.
        Assert.Equal([$"rings: refused user {Bob}: neither the user nor one of its groups is allowed", "rings: refused user 0: neither the user nor one of its groups is allowed"], log.Lines);
    }

    [Fact]
    public void Cancelling_ones_own_is_not_hindered_by_credentials()
    {
        RequireRoot();
        using var host = new RingsHost();
        using var alice = host.JoinAs(Alice, Alice);
        alice.Send(s_forever);
        var task = alice.Submitted().Task;
        alice.Send(RawRings.Request(RingsKind.Cancel, task));
        alice.Submitted();
        var ended = new[] { alice.Completed(), alice.Completed() }.OrderBy(e => e.Task).Select(e => e.Result).ToArray();
        Assert.Equal([Ecanceled, 0], ended);
    }

    private static void RequireRoot() => Assert.SkipUnless(ThreadIdentity.OwnUid == 0, "needs root");

    private static string Tool(string program, params string[] arguments) => Testing.Processes.Tool.Ok(30, program, arguments).Trim();
}
