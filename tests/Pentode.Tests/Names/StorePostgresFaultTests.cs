using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Names.Stores.Postgres;
using Pentode.Testing.Processes;
using Pentode.Tests.Daemon;

namespace Pentode.Tests.Names;

/// <summary>A database that goes away in the middle: every change is done once or not at all, and says so.</summary>
[Collection(nameof(StoreAlone))]
public sealed class StorePostgresFaultTests(StorePostgresFixture fixture) : IClassFixture<StorePostgresFixture>
{
    [Fact]
    public async Task A_connection_cut_around_a_commit_never_repeats_or_loses_the_change()
    {
        await using var place = new StorePostgresPlace(fixture.Server);
        using var relay = new StoreCut(fixture.Server.Port);

        // The relay knows a commit by its text, which a new connection sends; after each cut the connection is new.
        await using var store = await PostgresCatalog.Open(place.TcpConnectionString(relay.Port) + ";SSL Mode=Disable", new CatalogOptions(), NullLog.Instance);
        await using var witness = await PostgresCatalog.Open(place.ConnectionString, new CatalogOptions(), NullLog.Instance);
        for (var i = 0; i < 40; i++)
        {
            relay.Next = i % 2 == 0 ? StoreCut.When.BeforeCommit : StoreCut.When.AfterCommit;
            var name = System.Text.Encoding.ASCII.GetBytes("f" + i);
            var made = await store.Create(default, CatalogInode.RootNumber, name, new NewObject { Mode = 0x81A4 });
            Assert.Equal(Errno.None, made.Error);
            Assert.Equal(made.Value.Number, (await witness.Lookup(CatalogInode.RootNumber, name)).Value.Number);
        }

        Assert.Equal(40, relay.Cuts);
        Assert.Equal(42, (await store.GetStatistics()).Value.Objects);
        Assert.Equal("", await place.Problems(store));
    }

    [Fact]
    public async Task A_backend_killed_between_any_statements_leaves_whole_changes()
    {
        await using var place = new StorePostgresPlace(fixture.Server);
        await using var store = await place.Open(new CatalogOptions());
        await using var calm = new StorePostgresPlace(fixture.Server);
        await using var twin = await calm.Open(new CatalogOptions());
        var workload = new StoreWorkload(5);
        var kills = 0;
        for (var i = 0; i < 120; i++)
        {
            var expected = await workload.Step(twin, i);
            var sends = 0;
            var target = i % 5;
            Errno Kill()
            {
                if (Thread.CurrentThread.Name == "postgres-write-0" && sends++ == target)
                {
                    kills++;
                    fixture.Server.Execute(
                        "pentode", "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'pentode' AND pid <> pg_backend_pid()");
                }

                return Errno.None;
            }

            using (PostgresFaults.Send.Arm(Kill))
                Assert.Equal(expected, await Retried(() => workload.Step(store, i)));
        }

        Assert.True(kills > 40);
        Assert.Equal(await StoreWorkload.Picture(twin), await StoreWorkload.Picture(store));
        Assert.Equal("", await place.Problems(store));
    }

    [Fact]
    public async Task A_crash_of_the_whole_server_loses_no_acknowledged_change()
    {
        PostgresServer.Require();
        using var server = PostgresServer.Start();
        await using var place = new StorePostgresPlace(server);
        await using var store = await place.Open(new CatalogOptions());
        var acknowledged = 0;
        for (var life = 0; life < 3; life++)
        {
            using var stop = new CancellationTokenSource();
            var load = Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    var made = await store.Create(default, CatalogInode.RootNumber, System.Text.Encoding.ASCII.GetBytes($"{life}-{worker}-{i}"), new NewObject { Mode = 0x81A4 });
                    if (made.IsOk)
                        Interlocked.Increment(ref acknowledged);
                    else
                        Assert.True(made.Error is Errno.EAGAIN or Errno.EIO, made.Error.ToString());
                }
            })));
            var enough = acknowledged + 100;
            while (Volatile.Read(ref acknowledged) < enough)
                await Task.Delay(5, TestContext.Current.CancellationToken);
            server.Kill();
            await stop.CancelAsync();
            await load;
            await Retried(async () => (await store.Get(CatalogInode.RootNumber)).Error, Errno.EAGAIN);
            server.Restart();
            Assert.Equal(Errno.None, await Retried(async () => (await store.SetAttributes(default, CatalogInode.RootNumber, new Pentode.Files.AttributeChange { TouchChangeTime = true })).Error));
            var statistics = (await store.GetStatistics()).Value;
            Assert.True(statistics.Objects >= acknowledged + 2, $"{statistics.Objects} objects, {acknowledged} acknowledged");
        }

        Assert.Equal("", await place.Problems(store));
    }

    [Fact]
    public async Task Two_daemons_share_a_store()
    {
        await using var place = new StorePostgresPlace(fixture.Server);
        await using var one = await place.Open(new CatalogOptions());
        await using var two = await place.Open(new CatalogOptions());
        var start = (await two.GetStatistics()).Value.LastEvent;
        var waiting = two.WaitForEvents(start, TestContext.Current.CancellationToken).AsTask();
        var seen = new List<long>();
        await Task.WhenAll(((ICatalogStore[])[one, two]).SelectMany(store => Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (var i = 0; i < 15; i++)
            {
                // The same names from both: one of them wins, the other is told.
                var made = await store.Create(default, CatalogInode.RootNumber, System.Text.Encoding.ASCII.GetBytes($"{worker}-{i}"), new NewObject { Mode = 0x81A4 });
                Assert.True(made.IsOk || made.Error == Errno.EEXIST, made.Error.ToString());
                if (made.IsOk)
                {
                    lock (seen)
                        seen.Add(made.Value.Number);
                }
            }
        }))));
        await waiting;
        Assert.Equal(8 * 15, seen.Distinct().Count());
        Assert.Equal((8 * 15) + 2, (await one.GetStatistics()).Value.Objects);
        var events = (await one.ListEvents(start, 1000)).Value;
        Assert.Equal(8 * 15, events.Count);
        for (var round = 0; round < 10; round++)
        {
            var (a, b) = (System.Text.Encoding.ASCII.GetBytes("a" + round), System.Text.Encoding.ASCII.GetBytes("b" + round));
            var first = (await one.Create(default, 1, a, new NewObject { Mode = 0x41ED })).Value.Number;
            var second = (await two.Create(default, 1, b, new NewObject { Mode = 0x41ED })).Value.Number;
            var moves = await Task.WhenAll(one.Rename(default, 1, a, second, "x"u8.ToArray()).AsTask(), two.Rename(default, 1, b, first, "x"u8.ToArray()).AsTask());
            Assert.Equal(1, moves.Count(m => m == Errno.None));
        }

        Assert.Equal("", await place.Problems(one));
    }

    [Fact]
    public async Task A_connection_string_or_server_that_is_wrong_is_said()
    {
        await Assert.ThrowsAsync<CatalogOpenException>(() => PostgresCatalog.Open("Nonsense=1", new CatalogOptions(), NullLog.Instance));
        var error = await Assert.ThrowsAsync<CatalogOpenException>(() => PostgresCatalog.Open("Host=/nowhere;Username=x;Database=y", new CatalogOptions(), NullLog.Instance));
        Assert.Contains("PostgreSQL", error.Message);
    }

    [Fact]
    public async Task A_start_waits_for_a_database_that_comes_up_and_says_so()
    {
        PostgresServer.Require();
        using var server = PostgresServer.Start();
        var connection = server.ConnectionString();
        server.Stop();
        var log = new RecordingLog();
        var patience = new CatalogOptions { OpenPatience = TimeSpan.FromMinutes(2) };
        var opening = PostgresCatalog.Open(connection, patience, log, TestContext.Current.CancellationToken);
        while (log.Lines.IsEmpty)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        Assert.Contains("cannot be used yet", Assert.Single(log.Lines).Message, StringComparison.Ordinal);
        server.Restart();
        await using (var store = await opening)
            Assert.True((await store.Get(CatalogInode.RootNumber)).IsOk);
        Assert.Contains("is there", log.Lines.Last().Message, StringComparison.Ordinal);

        // One that refuses is not waited for; and the wait ends when told.
        var refused = await Assert.ThrowsAsync<CatalogOpenException>(() => PostgresCatalog.Open(server.ConnectionString("none"), patience, log, TestContext.Current.CancellationToken));
        Assert.Contains("3D000", refused.Message, StringComparison.Ordinal);
        server.Stop();
        using var stop = new CancellationTokenSource(100);
        await Assert.ThrowsAsync<CatalogOpenException>(() => PostgresCatalog.Open(connection, patience, log, stop.Token));
    }

    private static async Task<Errno> Retried(Func<Task<Errno>> action, Errno until = Errno.None)
    {
        for (var i = 0; ; i++)
        {
            var error = await action();
            if (i > 400 || (until == Errno.None ? error is not (Errno.EAGAIN or Errno.EIO) : error == until))
                return error;
            await Task.Delay(10);
        }
    }
}
