using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Linux;
using Pentode.NineP.Client;
using Pentode.NineP.Client.Tree;
using Pentode.NineP.Server;
using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.NineP.Client;

/// <summary>Locks through an export shown as a tree: against our server, and against servers that refuse, do not wait or tell too little.</summary>
public sealed class NinePTreeLockTests
{
    private static readonly LockOwner s_a = new("s", 1, "a");
    private static readonly LockOwner s_b = new("s", 2, "b");

    [Fact]
    public async Task Owners_of_one_open_file_keep_what_another_gives_back()
    {
        await using var host = new ServerHost("portable");
        await using var tree = await Shown.Open(host);
        using var other = host.Ready("/export");
        var file = await tree.Create("f");
        other.Open(1, "f");
        Assert.Equal(Errno.None, await tree.Lock(file, s_a, LockType.Write, 0, 10));
        Assert.Equal(Errno.None, await tree.Lock(file, s_b, LockType.Write, 20, 10));
        Assert.Equal(Errno.EAGAIN, await tree.Lock(file, s_b, LockType.Read, 9, 1));
        Assert.Equal(Errno.None, await tree.Lock(file, s_b, LockType.Unlock, 0, 0));
        Assert.Equal((1, 0), (other.Lock(1, 1, 0, 10, 1), other.Lock(1, 1, 20, 10, 1)));
        Assert.Equal(0, other.Lock(1, 2, 0, 0, 1));

        // Both read: what one gives back the other still has.
        Assert.Equal(Errno.None, await tree.Lock(file, s_a, LockType.Read, 0, 10));
        Assert.Equal(Errno.None, await tree.Lock(file, s_b, LockType.Read, 5, 10));
        Assert.Equal(Errno.None, await tree.Lock(file, s_b, LockType.Unlock, 0, 0));
        Assert.Equal(1, other.Lock(1, 1, 5, 1, 1));
        Assert.Equal(Errno.None, await tree.Lock(file, s_a, LockType.Unlock, 0, 0));
        Assert.Equal(0, other.Lock(1, 1, 0, 0, 1));
    }

    [Fact]
    public async Task What_is_locked_through_one_file_is_given_back_through_another()
    {
        await using var host = new ServerHost("portable");
        await using var tree = await Shown.Open(host);
        using var other = host.Ready("/export");
        var (one, two) = (await tree.Create("f"), await tree.Open("f"));
        other.Open(1, "f");
        Assert.Equal(Errno.None, await tree.Lock(one, s_a, LockType.Write, 0, 10));
        Assert.Equal(Errno.None, await tree.Lock(two, s_a, LockType.Write, 10, 10));
        Assert.Equal(Errno.None, await tree.Lock(two, s_a, LockType.Unlock, 5, 10));
        Assert.Equal((1, 0, 1), (other.Lock(1, 1, 4, 1, 1), other.Lock(1, 1, 5, 10, 1), other.Lock(1, 1, 15, 1, 1)));
        await tree.Close(one);
        Assert.Equal((0, 1), (other.Lock(1, 1, 0, 5, 1), other.Lock(1, 1, 15, 1, 1)));
        await tree.Close(two);
        Assert.Equal(0, other.Lock(1, 1, 0, 0, 1));
    }

    [Fact]
    public async Task The_holder_is_named_and_a_process_of_another_host_is_not()
    {
        await using var host = new ServerHost("portable");
        await using var one = await Shown.Open(host);
        await using var two = await Shown.Open(host);
        using var elsewhere = host.Ready("/export");
        var (a, b) = (await one.Create("f"), await two.Open("f"));
        Assert.Equal(Errno.None, await one.Lock(a, s_a, LockType.Write, 10, 10));
        var seen = await two.Test(b, s_a, LockType.Read, 0, 0);
        Assert.Equal((LockType.Write, 10L, 10L, 1u), (seen.Type, seen.Start, seen.Length, seen.ProcessId));
        Assert.Equal(1u, (await one.Test(a, s_b, LockType.Read, 0, 0)).ProcessId);
        elsewhere.Open(1, "f");
        Assert.Equal(0, elsewhere.Lock(1, 0, 30, 0, 77));
        seen = await two.Test(b, s_a, LockType.Write, 25, 0);
        Assert.Equal((LockType.Read, 30L, 0L, 0u), (seen.Type, seen.Start, seen.Length, seen.ProcessId));
        Assert.Equal(LockType.Unlock, (await two.Test(b, s_a, LockType.Write, 0, 10)).Type);
    }

    [Theory]
    [InlineData(Errno.ENOSYS, 1)]
    [InlineData(Errno.EOPNOTSUPP, 5)]
    public async Task A_server_without_locks_leaves_those_of_the_tree_and_that_is_said_once(Errno refusal, int asked)
    {
        var server = new AnsweringLocks(_ => refusal);
        await using var host = Host(server, holdMs: 0);
        await using var tree = await Shown.Open(host, "shared");
        var file = await tree.Create("f");
        Assert.Equal(Errno.None, await tree.Lock(file, s_a, LockType.Write, 0, 10));
        Assert.Equal(Errno.EAGAIN, await tree.Lock(file, s_b, LockType.Write, 9, 1));
        Assert.Equal(LockType.Write, (await tree.Test(file, s_b, LockType.Write, 9, 1)).Type);
        Assert.Equal(LockType.Unlock, (await tree.Test(file, s_b, LockType.Write, 10, 1)).Type);
        Assert.Equal(Errno.None, await tree.Lock(file, s_b, LockType.Write, 10, 1));
        Assert.Equal(Errno.None, await tree.Lock(file, s_a, LockType.Unlock, 0, 0));
        Assert.Equal(Errno.None, await tree.Lock(file, s_b, LockType.Write, 0, 10));
        Assert.Equal(asked, server.Asked);
        Assert.Equal(1, tree.Log.Count("the server does not lock"));
    }

    [Fact]
    public async Task A_server_that_does_not_wait_is_asked_again()
    {
        var server = new AnsweringLocks(n => n <= 4 ? Errno.EAGAIN : Errno.None);
        await using var host = Host(server, holdMs: 0);
        await using var tree = await Shown.Open(host, "shared");
        var file = await tree.Create("f");
        Assert.Equal(Errno.EAGAIN, await tree.Lock(file, s_a, LockType.Write, 0, 0));
        Assert.Equal(Errno.None, await tree.Lock(file, s_a, LockType.Write, 0, 0, new LockWait(-1, default)));
        Assert.Equal(5, server.Asked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20_000)]
    public async Task A_wait_is_given_up_there_and_here(int holdMs)
    {
        var server = new AnsweringLocks(_ => Errno.EAGAIN);
        await using var host = Host(server, holdMs);
        await using var tree = await Shown.Open(host, "shared");
        var file = await tree.Create("f");
        using var giveUp = new CancellationTokenSource();
        var waiting = tree.Lock(file, s_a, LockType.Write, 0, 0, new LockWait(-1, giveUp.Token));
        ServerHost.Until(() => server.Asked >= 2, "the server to be asked");
        await giveUp.CancelAsync();
        Assert.Equal(Errno.EINTR, await waiting);
        ServerHost.Until(() => host.Server.Sessions.All(s => s.InFlight == 0), "the server to be told");
        Assert.Equal(Errno.EAGAIN, await tree.Lock(file, s_a, LockType.Write, 0, 0, new LockWait(50, default)));
    }

    [Fact]
    public async Task A_wait_ends_with_the_connection()
    {
        await using var host = new ServerHost("portable");
        await using var tree = await Shown.Open(host);
        using var other = host.Ready("/export");
        var file = await tree.Create("f");
        other.Open(1, "f");
        Assert.Equal(0, other.Lock(1, 1, 0, 0, 1));
        var waiting = tree.Lock(file, s_a, LockType.Write, 0, 0, new LockWait(-1, default));
        ServerHost.Until(() => host.Server.Sessions.Any(s => s.InFlight == 1), "the waiter");
        await tree.Cut();
        Assert.Equal(Errno.ECANCELED, await waiting);
        Assert.Equal(Errno.ECANCELED, await tree.Lock(file, s_b, LockType.Write, 0, 0));
    }

    private static ServerHost Host(AnsweringLocks locks, int holdMs) => new(
        "portable", new NinePServerOptions { LockHoldMs = holdMs }, null, new NinePExport("shared", new Volume("shared", new MemoryTree(), new VolumeOptions { SharedLocks = locks })));

    /// <summary>Answers as told, by the number of the question.</summary>
    private sealed class AnsweringLocks(Func<int, Errno> answer) : ISharedLocks
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public ValueTask<Errno> Lock(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait) => new(answer(Interlocked.Increment(ref _asked)));

        public ValueTask<Result<LockRange>> Test(IOpenFile file, LockOwner owner, LockType type, long start, long length) =>
            new(answer(Interlocked.Increment(ref _asked)) is var error && error != Errno.None ? (Result<LockRange>)error : file.TestLock(owner, type, start, length));

        public bool Release(IOpenFile file) => false;

        public void Forget(IOpenFile file)
        {
        }

        public Errno Check(IOpenFile file) => Errno.None;
    }

    /// <summary>An export of a server as a volume, used from outside of its loop.</summary>
    private sealed class Shown : IAsyncDisposable
    {
        private readonly ServerHost _host;
        private readonly Volume _volume;
        private readonly NinePClient _client;
        private readonly List<IOpenFile> _open = [];

        private Shown(ServerHost host, NinePClient client, NinePNode root, LogRecorder log)
        {
            (_host, _client, Log) = (host, client, log);
            _volume = new Volume("t", new NinePTree(client, root, "9p://test", log));
        }

        public LogRecorder Log { get; }

        public static async Task<Shown> Open(ServerHost host, string export = "/export") => await OnLoop(host, async () =>
        {
            var (ours, theirs) = Sockets.Pair();
            host.Server.Serve(host.Loop, theirs, "test");
            var log = new LogRecorder();
            var client = await NinePClient.StartAsync(host.Loop, ours, "test", new NinePClientOptions { Log = log });
            var root = await client.Value.Attach("", 0, System.Text.Encoding.UTF8.GetBytes(export));
            Assert.Equal(Errno.None, root.Error);
            return new Shown(host, client.Value, root.Value, log);
        });

        public Task<IOpenFile> Create(string name) => OnLoop(_host, async () =>
        {
            var root = _volume.Attach().Value;
            var made = await _volume.Create(Credentials.Root, root, new FileName(name), 2, 0x1B6, 0);
            Assert.Equal(Errno.None, made.Error);
            made.Value.Node.Release();
            _open.Add(made.Value.File);
            return made.Value.File;
        });

        public Task<IOpenFile> Open(string name) => OnLoop(_host, async () =>
        {
            var node = (await _volume.Lookup(Credentials.Root, _volume.Attach().Value, new FileName(name))).Value;
            var file = (await _volume.Open(Credentials.Root, node, 2)).Value;
            node.Release();
            _open.Add(file);
            return file;
        });

        public Task<Errno> Lock(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait = default) =>
            OnLoop(_host, () => _volume.Lock(file, owner, type, start, length, wait).AsTask());

        public Task<LockRange> Test(IOpenFile file, LockOwner owner, LockType type, long start, long length) =>
            OnLoop(_host, async () => (await _volume.TestLock(file, owner, type, start, length)).Value);

        public Task<Errno> Close(IOpenFile file)
        {
            _open.Remove(file);
            return OnLoop(_host, () => _volume.Close(file).AsTask());
        }

        public Task<int> Cut() => OnLoop(_host, async () =>
        {
            await _client.CloseAsync();
            return 0;
        });

        public async ValueTask DisposeAsync()
        {
            foreach (var file in _open.ToArray())
                await Close(file);
            await _volume.DisposeAsync();
        }

        private static async Task<T> OnLoop<T>(ServerHost host, Func<Task<T>> work)
        {
            var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            host.Loop.Post(async _ =>
            {
                try
                {
                    done.SetResult(await work());
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            });
            return await done.Task.WaitAsync(EngineHost.Limit);
        }
    }
}
