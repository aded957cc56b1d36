using System.Net;
using System.Net.Sockets;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Etcd;

namespace Pentode.Tests.Locks.Etcd;

/// <summary>The store against servers that answer wrongly, late, twice or not at all: each case ends in the outcome the contract names.</summary>
public sealed class EtcdClientTests
{
    private const string Succeeded = "0a0408011805" + "1001";
    private static readonly StoreKey s_key = StoreKey.Of("/pentode/v1/t/k");
    private readonly KeptLog _log = new();

    public static TheoryData<FakeAnswerKind, StoreOutcome, StoreOutcome> WrongAnswers() => new()
    {
        { FakeAnswerKind.Silence, StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { FakeAnswerKind.Close, StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { FakeAnswerKind.NotFound, StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { FakeAnswerKind.NoStatus, StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { FakeAnswerKind.Compressed, StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { FakeAnswerKind.Huge, StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { FakeAnswerKind.Short, StoreOutcome.Unknown, StoreOutcome.Unavailable },
    };

    public static TheoryData<int, string, StoreOutcome, StoreOutcome> Statuses() => new()
    {
        { 1, "cancelled", StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { 2, "something", StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { 3, "etcdserver: duplicate key given in txn request", StoreOutcome.Refused, StoreOutcome.Refused },
        { 3, "etcdserver: request is too large", StoreOutcome.Refused, StoreOutcome.Refused },
        { 4, "context deadline exceeded", StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { 7, "etcdserver: permission denied", StoreOutcome.Refused, StoreOutcome.Refused },
        { 8, "etcdserver: mvcc: database space exceeded", StoreOutcome.ReadOnly, StoreOutcome.ReadOnly },
        { 8, "etcdserver: too many requests", StoreOutcome.Unavailable, StoreOutcome.Unavailable },
        { 13, "internal", StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { 14, "etcdserver: leader changed", StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { 14, "etcdserver: request timed out", StoreOutcome.Unknown, StoreOutcome.Unavailable },
        { 15, "etcdserver: corrupt cluster", StoreOutcome.ReadOnly, StoreOutcome.Unavailable },
    };

    [Theory]
    [MemberData(nameof(WrongAnswers))]
    public async Task A_wrong_answer_leaves_a_write_unknown_and_a_read_unanswered(FakeAnswerKind kind, StoreOutcome write, StoreOutcome read)
    {
        using var server = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Of(kind));
        await using var store = Open(1000, server);
        Assert.Equal(write, (await WriteAsync(store)).Outcome);
        Assert.Equal(read, (await ReadAsync(store)).Outcome);
        Assert.Equal(read, (await store.RangeAsync(s_key, null, 10)).Outcome);
        Assert.Equal(2, server.Calls("Txn"));
    }

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task A_status_becomes_its_outcome(int status, string message, StoreOutcome write, StoreOutcome read)
    {
        using var server = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Fail(status, message));
        await using var store = Open(2000, server);
        var result = await WriteAsync(store);
        Assert.Equal(write, result.Outcome);
        Assert.Contains(message, result.Detail, StringComparison.Ordinal);
        Assert.Contains(server.Endpoint.Authority, result.Detail, StringComparison.Ordinal);
        Assert.Equal(read, (await ReadAsync(store)).Outcome);
    }

    [Fact]
    public async Task A_write_without_an_answer_is_never_sent_to_another_member()
    {
        using var first = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Fail(14, "etcdserver: leader changed"));
        using var second = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Reply(Succeeded));
        await using var store = Open(2000, first, second);
        Assert.Equal(StoreOutcome.Unknown, (await WriteAsync(store)).Outcome);
        Assert.Equal(0, second.Calls("Txn"));

        // The next one starts with the other member.
        var next = await WriteAsync(store);
        Assert.Equal((StoreOutcome.Ok, 5), (next.Outcome, next.Revision));
        Assert.Equal(1, first.Calls("Txn"));
    }

    [Fact]
    public async Task A_read_goes_on_to_the_member_that_answers()
    {
        using var first = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Of(FakeAnswerKind.Silence));
        using var second = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Reply(Succeeded + "1a020a00"));
        await using var store = Open(2000, first, second);
        var result = await ReadAsync(store);
        Assert.Equal(StoreOutcome.Ok, result.Outcome);
        Assert.Null(Assert.Single(result.Current));
        Assert.Equal((1, 1), (first.Calls("Txn"), second.Calls("Txn")));
    }

    [Fact]
    public async Task A_write_goes_on_while_nothing_was_sent()
    {
        var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var nobody = new Uri($"http://127.0.0.1:{((IPEndPoint)closed.LocalEndpoint).Port}");
        closed.Dispose();
        using var server = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Reply(Succeeded));
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = [nobody, server.Endpoint] }, _log);
        Assert.Equal(StoreOutcome.Ok, (await WriteAsync(store)).Outcome);
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable_and_says_where()
    {
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = [new Uri("http://127.0.0.1:1")] }, _log);
        var result = await WriteAsync(store);
        Assert.Equal(StoreOutcome.Unavailable, result.Outcome);
        Assert.Contains("127.0.0.1:1", result.Detail, StringComparison.Ordinal);
        var info = await store.InfoAsync();
        Assert.Equal(StoreOutcome.Unavailable, info.Outcome);
        Assert.Contains("127.0.0.1:1", info.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_of_another_cluster_is_refused_and_logged()
    {
        using var first = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status(cluster: 1) : FakeAnswer.Reply(Succeeded));
        using var other = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status(cluster: 2) : FakeAnswer.Reply(Succeeded));
        await using var store = Open(2000, first, other);
        Assert.Equal(StoreOutcome.Ok, (await WriteAsync(store)).Outcome);
        first.Dispose();
        for (var i = 0; i < 3; i++)
            Assert.NotEqual(StoreOutcome.Ok, (await WriteAsync(store)).Outcome);
        Assert.Equal(0, other.Calls("Txn"));
        Assert.Contains("belongs to another cluster (2, not 1)", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_changes_its_cluster_is_refused_by_its_answers()
    {
        using var server = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status(cluster: 1) : FakeAnswer.Reply("0a020802" + "1001"));
        await using var store = Open(2000, server);
        var result = await WriteAsync(store);
        Assert.Equal(StoreOutcome.Refused, result.Outcome);
        Assert.Contains("another cluster", result.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_is_not_the_configured_one_is_refused()
    {
        using var server = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status(cluster: 1) : FakeAnswer.Reply(Succeeded));
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = [server.Endpoint], ClusterId = 9 }, _log);
        Assert.Equal(StoreOutcome.Refused, (await WriteAsync(store)).Outcome);
        Assert.Equal(StoreOutcome.Refused, (await store.InfoAsync()).Outcome);
        Assert.Equal(0, server.Calls("Txn"));
    }

    [Theory]
    [InlineData("3.4.20")]
    [InlineData("3.3.1")]
    [InlineData("2")]
    public async Task A_version_that_loses_writes_is_refused(string version)
    {
        using var server = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status(version: version) : FakeAnswer.Reply(Succeeded));
        await using var store = Open(2000, server);
        Assert.Equal(StoreOutcome.Refused, (await WriteAsync(store)).Outcome);
        Assert.Equal(0, server.Calls("Txn"));
        Assert.Contains("it is not used", _log.Text, StringComparison.Ordinal);
        Assert.Equal(StoreOutcome.Refused, (await store.InfoAsync()).Outcome);
    }

    [Fact]
    public async Task A_version_with_known_faults_is_warned_of_once()
    {
        using var server = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status(version: "3.4.23") : FakeAnswer.Reply(Succeeded));
        await using var store = Open(2000, server);
        await WriteAsync(store);
        await WriteAsync(store);
        Assert.Equal(2, _log.Text.Split("15247").Length);
        Assert.Contains((await store.InfoAsync()).Warnings, w => w.Contains("15247", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_is_asked_for_and_asked_again_when_it_is_refused()
    {
        var tokens = 0;
        using var server = new FakeEtcd((method, _) => method switch
        {
            "Status" => FakeEtcd.Status(),
            "Authenticate" => FakeAnswer.Reply($"1202{0x30 + ++tokens:x2}30"),
            _ => tokens == 1 ? FakeAnswer.Fail(16, "etcdserver: invalid auth token") : FakeAnswer.Reply(Succeeded),
        });
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = [server.Endpoint], User = "u", Password = "p", CallTimeoutMs = 10_000 }, _log);
        Assert.Equal(StoreOutcome.Ok, (await WriteAsync(store)).Outcome);
        Assert.Equal((2, 2), (server.Calls("Authenticate"), server.Calls("Txn")));
    }

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        using var server = new FakeEtcd((method, _) => method switch
        {
            "Status" => FakeEtcd.Status(),
            "Authenticate" => FakeAnswer.Fail(3, "etcdserver: authentication failed, invalid user ID or password"),
            _ => FakeAnswer.Reply(Succeeded),
        });
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = [server.Endpoint], User = "u", Password = "p", CallTimeoutMs = 10_000 }, _log);
        var result = await WriteAsync(store);
        Assert.Equal(StoreOutcome.Refused, result.Outcome);
        Assert.Contains("user u", result.Detail, StringComparison.Ordinal);
        Assert.Equal(0, server.Calls("Txn"));
    }

    [Fact]
    public async Task Cancelling_ends_a_read_as_unavailable_and_a_sent_write_as_unknown()
    {
        using var arrived = new SemaphoreSlim(0);
        using var server = new FakeEtcd((method, _) =>
        {
            if (method == "Status")
                return FakeEtcd.Status();
            arrived.Release();
            return FakeAnswer.Of(FakeAnswerKind.Silence);
        });
        await using var store = Open(30_000, server);
        using (var cancel = new CancellationTokenSource())
        {
            var write = store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(s_key, [1])]), cancel.Token).AsTask();
            await arrived.WaitAsync();
            await cancel.CancelAsync();
            Assert.Equal(StoreOutcome.Unknown, (await write).Outcome);
            Assert.Equal(StoreOutcome.Unavailable, (await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(s_key, [1])]), cancel.Token)).Outcome);
        }

        using (var cancel = new CancellationTokenSource())
        {
            var read = store.RangeAsync(s_key, null, 1, cancel.Token).AsTask();
            await arrived.WaitAsync();
            await cancel.CancelAsync();
            Assert.Equal(StoreOutcome.Unavailable, (await read).Outcome);
        }
    }

    [Fact]
    public async Task A_watch_that_falls_silent_is_opened_on_another_member_and_told_as_broken()
    {
        using var first = new FakeEtcd((method, _) => method == "Status" ? FakeEtcd.Status() : FakeAnswer.Of(FakeAnswerKind.Silence));
        using var second = new FakeEtcd((method, _) => method == "Status"
            ? FakeEtcd.Status()
            : new FakeAnswer(FakeAnswerKind.Stream, Convert.FromHexString("0a040801180518015a0c120a0a016b180620012a0176"), 0, ""));
        await using var store = new EtcdLockStore(new EtcdOptions { Endpoints = [first.Endpoint, second.Endpoint], WatchProgressMs = 20 }, _log);
        var watcher = new Watcher();
        using var watch = store.Watch(s_key, watcher);
        Assert.True(await watcher.Broken.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(6, await watcher.Changed.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static ValueTask<StoreResult> WriteAsync(EtcdLockStore store) =>
        store.CommitAsync(new StoreTransaction([StoreCompare.Absent(s_key)], [StoreWrite.Put(s_key, [1])]));

    private static ValueTask<StoreResult> ReadAsync(EtcdLockStore store) => store.CommitAsync(new StoreTransaction([StoreCompare.Exists(s_key)], []));

    private EtcdLockStore Open(int timeoutMs, params FakeEtcd[] servers) =>
        new(new EtcdOptions { Endpoints = [.. servers.Select(s => s.Endpoint)], CallTimeoutMs = timeoutMs }, _log);

    private sealed class Watcher : IStoreWatcher
    {
        public SemaphoreSlim Broken { get; } = new(0);

        public TaskCompletionSource<long> Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void OnChanged(StoreEntry entry) => Changed.TrySetResult(entry.ModRevision);

        public void OnBroken() => Broken.Release();
    }
}
