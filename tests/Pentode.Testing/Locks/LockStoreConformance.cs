using System.Text;
using Pentode.Locks.Stores;

namespace Pentode.Testing.Locks;

/// <summary>
/// What every lock store must do. A subclass opens clients of one and the same store; each test works below a prefix of its own, so a store may be
/// shared by all of them.
/// </summary>
public abstract class LockStoreConformance
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly StoreKey _root = StoreKey.Of($"/conformance/{Guid.NewGuid():n}/");

    /// <summary>Opens one more client of the store under test. The caller disposes it.</summary>
    protected abstract ValueTask<ILockStore> OpenAsync();

    [Fact]
    public async Task A_put_is_read_back_with_its_revision()
    {
        await using var store = await OpenAsync();
        var key = _root.With("a");
        var put = await PutAsync(store, key, "one");
        Assert.Equal(StoreOutcome.Ok, put.Outcome);
        Assert.True(put.Revision > 0);
        var entry = await GetAsync(store, key);
        Assert.NotNull(entry);
        Assert.Equal(key, entry.Key);
        Assert.Equal("one", Encoding.UTF8.GetString(entry.Value));
        Assert.Equal(put.Revision, entry.ModRevision);
    }

    [Fact]
    public async Task All_puts_of_a_transaction_have_one_revision_and_an_empty_value_is_a_value()
    {
        await using var store = await OpenAsync();
        var (a, b) = (_root.With("a"), _root.With("b"));
        var result = await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(a, []), StoreWrite.Put(b, [1])]));
        Assert.Equal(StoreOutcome.Ok, result.Outcome);
        var first = await GetAsync(store, a);
        Assert.NotNull(first);
        Assert.Empty(first.Value);
        Assert.Equal(result.Revision, first.ModRevision);
        Assert.Equal(result.Revision, (await GetAsync(store, b))!.ModRevision);
    }

    [Fact]
    public async Task Absent_creates_once()
    {
        await using var store = await OpenAsync();
        var key = _root.With("once");
        var create = new StoreTransaction([StoreCompare.Absent(key)], [StoreWrite.Put(key, [1])]);
        Assert.Equal(StoreOutcome.Ok, (await store.CommitAsync(create)).Outcome);
        var again = await store.CommitAsync(create);
        Assert.Equal(StoreOutcome.Conflict, again.Outcome);
        Assert.Equal([1], Assert.Single(again.Current)!.Value);
    }

    [Fact]
    public async Task A_compare_on_the_revision_lets_the_first_through_and_gives_the_others_what_is_there()
    {
        await using var store = await OpenAsync();
        var key = _root.With("cas");
        var first = await PutAsync(store, key, "1");
        var swap = new StoreTransaction([StoreCompare.At(key, first.Revision)], [StoreWrite.Put(key, "2"u8.ToArray())]);
        var second = await store.CommitAsync(swap);
        Assert.Equal(StoreOutcome.Ok, second.Outcome);
        Assert.True(second.Revision > first.Revision);
        var late = await store.CommitAsync(swap);
        Assert.Equal(StoreOutcome.Conflict, late.Outcome);
        Assert.Equal("2", Encoding.UTF8.GetString(late.Current[0]!.Value));
        Assert.Equal(second.Revision, late.Current[0]!.ModRevision);
    }

    [Fact]
    public async Task One_compare_that_fails_stops_every_write_and_all_compared_keys_come_back_in_order()
    {
        await using var store = await OpenAsync();
        var (a, b, c) = (_root.With("a"), _root.With("b"), _root.With("c"));
        var put = await PutAsync(store, a, "a");
        var result = await store.CommitAsync(new StoreTransaction(
            [StoreCompare.Exists(a), StoreCompare.Exists(b), StoreCompare.At(a, put.Revision), StoreCompare.Absent(c)],
            [StoreWrite.Put(c, [1]), StoreWrite.Delete(a)]));
        Assert.Equal(StoreOutcome.Conflict, result.Outcome);
        Assert.Equal(4, result.Current.Count);
        Assert.Equal(a, result.Current[0]!.Key);
        Assert.Null(result.Current[1]);
        Assert.Equal(put.Revision, result.Current[2]!.ModRevision);
        Assert.Null(result.Current[3]);
        Assert.NotNull(await GetAsync(store, a));
        Assert.Null(await GetAsync(store, c));
    }

    [Fact]
    public async Task A_transaction_without_writes_is_a_consistent_read()
    {
        await using var store = await OpenAsync();
        var (a, b) = (_root.With("a"), _root.With("b"));
        _ = await PutAsync(store, a, "a");
        var partly = await store.CommitAsync(new StoreTransaction([StoreCompare.Exists(a), StoreCompare.Exists(b)], []));
        Assert.Equal(StoreOutcome.Conflict, partly.Outcome);
        Assert.NotNull(partly.Current[0]);
        Assert.Null(partly.Current[1]);
        _ = await PutAsync(store, b, "b");
        var all = await store.CommitAsync(new StoreTransaction([StoreCompare.Exists(a), StoreCompare.Exists(b)], []));
        Assert.Equal(StoreOutcome.Ok, all.Outcome);
        Assert.Equal(["a", "b"], all.Current.Select(e => Encoding.UTF8.GetString(e!.Value)));
    }

    [Fact]
    public async Task Revisions_are_not_reused_when_a_key_is_deleted_and_made_again()
    {
        await using var store = await OpenAsync();
        var key = _root.With("again");
        var first = await PutAsync(store, key, "1");
        Assert.Equal(StoreOutcome.Ok, (await store.CommitAsync(new StoreTransaction([StoreCompare.Exists(key)], [StoreWrite.Delete(key)]))).Outcome);
        Assert.Null(await GetAsync(store, key));
        var second = await PutAsync(store, key, "1");
        Assert.True(second.Revision > first.Revision);
        var stale = await store.CommitAsync(new StoreTransaction([StoreCompare.At(key, first.Revision)], [StoreWrite.Delete(key)]));
        Assert.Equal(StoreOutcome.Conflict, stale.Outcome);
        Assert.Equal(StoreOutcome.Ok, (await store.CommitAsync(new StoreTransaction([], [StoreWrite.Delete(_root.With("nothing"))]))).Outcome);
    }

    [Fact]
    public async Task A_range_is_ordered_bytewise_bounded_by_its_prefix_and_comes_in_pages()
    {
        await using var store = await OpenAsync();
        var prefix = _root.With("range/");
        byte[][] tails = [[0xFF], [0x00], "b"u8.ToArray(), "a/x"u8.ToArray(), "a"u8.ToArray(), [0x80, 0x01]];
        foreach (var tail in tails)
            _ = await PutAsync(store, prefix.With(tail), "v");
        _ = await PutAsync(store, _root.With("range0"), "outside");
        var expected = tails.Select(t => prefix.With(t)).Order().ToArray();
        var whole = await store.RangeAsync(prefix, null, 1000);
        Assert.Equal(StoreOutcome.Ok, whole.Outcome);
        Assert.False(whole.More);
        Assert.Equal(expected, whole.Entries.Select(e => e.Key));
        var first = await store.RangeAsync(prefix, null, 4);
        Assert.True(first.More);
        Assert.Equal(expected[..4], first.Entries.Select(e => e.Key));
        var second = await store.RangeAsync(prefix, first.Entries[^1].Key, 4);
        Assert.False(second.More);
        Assert.Equal(expected[4..], second.Entries.Select(e => e.Key));
        Assert.Empty((await store.RangeAsync(_root.With("none/"), null, 10)).Entries);
    }

    [Fact]
    public async Task Values_of_64_KiB_and_transactions_of_120_operations_fit()
    {
        await using var store = await OpenAsync();
        var big = new byte[StoreTransaction.MaxValueBytes];
        new Random(1).NextBytes(big);
        var key = _root.With("big");
        Assert.Equal(StoreOutcome.Ok, (await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(key, big)]))).Outcome);
        Assert.Equal(big, (await GetAsync(store, key))!.Value);
        var compares = Enumerable.Range(0, 60).Select(i => StoreCompare.Absent(_root.With($"many/{i:d3}"))).ToArray();
        var writes = compares.Select(c => StoreWrite.Put(c.Key, [1])).ToArray();
        Assert.Equal(StoreOutcome.Ok, (await store.CommitAsync(new StoreTransaction(compares, writes))).Outcome);
        Assert.Equal(60, (await store.RangeAsync(_root.With("many/"), null, 1000)).Entries.Count);
        var longest = _root.With(new string('k', StoreKey.MaxBytes - _root.Bytes.Length));
        Assert.Equal(StoreOutcome.Ok, (await PutAsync(store, longest, "long")).Outcome);
        Assert.NotNull(await GetAsync(store, longest));
    }

    [Fact]
    public async Task Racing_clients_lose_no_increment()
    {
        const int clients = 4, each = 25;
        var key = _root.With("counter");
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            await using var store = await OpenAsync();
            var revision = 0L;
            var value = 0;
            for (var done = 0; done < each;)
            {
                var result = await store.CommitAsync(new StoreTransaction([StoreCompare.At(key, revision)], [StoreWrite.Put(key, BitConverter.GetBytes(value + 1))]));
                if (result.Outcome == StoreOutcome.Ok)
                {
                    done++;
                    value++;
                    Assert.True(result.Revision > revision);
                    revision = result.Revision;
                }
                else if (result.Outcome == StoreOutcome.Conflict)
                {
                    revision = result.Current[0]!.ModRevision;
                    value = BitConverter.ToInt32(result.Current[0]!.Value);
                }
                else
                {
                    // Only a certain "no" may be repeated here: an unknown outcome would make the count ambiguous, and nothing fails in this test.
                    Assert.Equal(StoreOutcome.Unavailable, result.Outcome);
                }
            }
        })));
        await using var reader = await OpenAsync();
        Assert.Equal(clients * each, BitConverter.ToInt32((await GetAsync(reader, key))!.Value));
    }

    [Fact]
    public async Task Of_clients_that_race_to_create_one_key_exactly_one_wins()
    {
        for (var round = 0; round < 5; round++)
        {
            var key = _root.With($"race/{round}");
            var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
            {
                await using var store = await OpenAsync();
                StoreResult result;
                do
                    result = await store.CommitAsync(new StoreTransaction([StoreCompare.Absent(key)], [StoreWrite.Put(key, [(byte)i])]));
                while (result.Outcome == StoreOutcome.Unavailable);
                return result;
            })));
            Assert.Single(results, r => r.Outcome == StoreOutcome.Ok);
            Assert.Equal(5, results.Count(r => r.Outcome == StoreOutcome.Conflict && r.Current[0] is not null));
        }
    }

    [Fact]
    public async Task A_watch_of_one_client_hears_the_puts_of_another_with_value_and_revision()
    {
        await using var reader = await OpenAsync();
        await using var writer = await OpenAsync();
        var key = _root.With("watched");
        var heard = new Heard();
        using (reader.Watch(key, heard))
        {
            // The stream opens behind the call, so the first puts may be missed: put until one is heard.
            var result = default(StoreResult);
            await Eventually(async () =>
            {
                _ = await PutAsync(writer, _root.With("watchee"), "another key");
                result = await PutAsync(writer, key, "hint");
                return heard.Any;
            });
            await Eventually(() => new ValueTask<bool>(heard.Revisions.Contains(result.Revision)));
            Assert.All(heard.Entries, e => Assert.Equal("hint", Encoding.UTF8.GetString(e.Value)));
            Assert.All(heard.Entries, e => Assert.Equal(key, e.Key));
        }

        var count = heard.Entries.Length;
        _ = await PutAsync(writer, key, "after dispose");
        Assert.DoesNotContain(heard.Entries.Skip(count), e => Encoding.UTF8.GetString(e.Value) == "after dispose");
    }

    [Fact]
    public async Task The_store_tells_what_it_is()
    {
        await using var store = await OpenAsync();
        Assert.NotEmpty(store.Description);
        var info = await store.InfoAsync();
        Assert.Equal(StoreOutcome.Ok, info.Outcome);
        Assert.NotEmpty(info.Kind);
        Assert.NotEmpty(info.Version);
        Assert.False(info.IsReadOnly);
        Assert.Empty(info.Alarms);
    }

    [Fact]
    public async Task Cancelled_calls_end_as_outcomes()
    {
        await using var store = await OpenAsync();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        var write = await store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(_root.With("c"), [1])]), cancelled.Token);
        Assert.Contains(write.Outcome, new[] { StoreOutcome.Ok, StoreOutcome.Unknown, StoreOutcome.Unavailable });
        var read = await store.RangeAsync(_root, null, 10, cancelled.Token);
        Assert.Contains(read.Outcome, new[] { StoreOutcome.Ok, StoreOutcome.Unavailable });
    }

    private protected static ValueTask<StoreResult> PutAsync(ILockStore store, StoreKey key, string value) =>
        store.CommitAsync(new StoreTransaction([], [StoreWrite.Put(key, Encoding.UTF8.GetBytes(value))]));

    private protected static async ValueTask<StoreEntry?> GetAsync(ILockStore store, StoreKey key)
    {
        var result = await store.CommitAsync(new StoreTransaction([StoreCompare.Exists(key)], []));
        Assert.Contains(result.Outcome, new[] { StoreOutcome.Ok, StoreOutcome.Conflict });
        return Assert.Single(result.Current);
    }

    private static async Task Eventually(Func<ValueTask<bool>> condition)
    {
        var end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < end, "did not happen in time");
            await Task.Delay(10);
        }
    }

    private sealed class Heard : IStoreWatcher
    {
        private readonly List<StoreEntry> _entries = [];

        internal StoreEntry[] Entries
        {
            get
            {
                lock (_entries)
                    return [.. _entries];
            }
        }

        internal bool Any => Entries.Length > 0;

        internal long[] Revisions => [.. Entries.Select(e => e.ModRevision)];

        public void OnChanged(StoreEntry entry)
        {
            lock (_entries)
                _entries.Add(entry);
        }

        public void OnBroken()
        {
        }
    }
}
