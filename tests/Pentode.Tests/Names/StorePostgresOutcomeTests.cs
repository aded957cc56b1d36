using System.Globalization;
using Pentode.Core;
using Pentode.Names.Catalog;
using Pentode.Names.Stores.Postgres;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Names;

/// <summary>A commit whose answer was lost with the whole server, of which nothing had reached the disk: the server forgets that there was such a transaction, and gives its number out again.</summary>
[Collection(nameof(StoreAlone))]
public sealed class StorePostgresOutcomeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_that_a_crash_forgot_is_not_taken_for_the_one_that_got_its_number(bool isGivenAgain)
    {
        PostgresServer.Require();
        using var server = PostgresServer.Start();

        // Nothing of a transaction reaches the disk before its commit.
        server.Execute("pentode", "ALTER SYSTEM SET wal_writer_delay = '10s'");
        server.Execute("pentode", "ALTER SYSTEM SET autovacuum = off");
        server.Stop();
        server.Restart();
        await using var place = new StorePostgresPlace(server);
        await using var store = await place.Open(new CatalogOptions());
        Assert.Equal(Errno.None, (await Make(store, "first")).Error);
        var sends = 0;
        var last = int.MaxValue;
        var crashes = 0;
        using (PostgresFaults.Send.Arm(CrashAtLast))
        {
            Assert.Equal(Errno.None, (await Make(store, "second")).Error);

            // Those were the sends of one create: the last has the commit.
            (last, sends) = (sends, 0);
            var made = await Make(store, "third");
            Assert.Equal(Errno.None, made.Error);
            Assert.Equal(2, crashes);
            Assert.Equal(made.Value.Number, (await store.Lookup(CatalogInode.RootNumber, "third"u8.ToArray())).ValueOrDefault?.Number);
        }

        Assert.Equal(5, (await store.GetStatistics()).Value.Objects);
        Assert.Equal("", await place.Problems(store));

        // Twice: in the group, and alone.
        Errno CrashAtLast()
        {
            if (Thread.CurrentThread.Name != "postgres-write-0" || ++sends < last || crashes == 2)
                return Errno.None;
            sends = 0;
            crashes++;

            // Only the writer has a number; numbers begin to be given again where the log ends.
            var lost = long.Parse(server.Execute("pentode", "SELECT max(backend_xid::text::bigint) FROM pg_stat_activity"), CultureInfo.InvariantCulture);
            server.Kill();
            server.Restart();
            if (isGivenAgain)
            {
                var given = server.Execute("pentode", "SELECT pg_current_xact_id()");
                Assert.True(long.Parse(given, CultureInfo.InvariantCulture) <= lost, $"{given} after {lost}");
                server.Execute("pentode", $"DO $$ BEGIN WHILE pg_current_xact_id()::text::bigint <= {lost} LOOP COMMIT; END LOOP; END $$");
            }

            return Errno.None;
        }
    }

    private static ValueTask<Result<CatalogInode>> Make(ICatalogStore store, string name) =>
        store.Create(default, CatalogInode.RootNumber, System.Text.Encoding.ASCII.GetBytes(name), new NewObject { Mode = 0x81A4 });
}
