using System.Globalization;
using Pentode.Core;
using Pentode.Core.Commits;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Names.Stores.Sqlite;
using Pentode.Sqlite;
using Pentode.Testing.Processes;

namespace Pentode.Tests.Names;

/// <summary>
/// What SIGKILL leaves at any point: the files as they are at that moment (the kernel keeps what was written). At every fault point of a run the files are copied; each copy must open, be
/// consistent, hold every acknowledged change, and do the change that was in flight exactly once when it is sent again.
/// </summary>
[Collection(nameof(StoreAlone))]
public sealed class StoreSqliteCrashTests
{
    private const int Steps = 60;

    [Fact]
    public async Task A_kill_at_any_point_loses_no_acknowledged_change_and_repeats_none()
    {
        var points = 0;
        for (var seed = 1; points < 1000; seed++)
            points += await Run(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"{points} points");
    }

    [Fact]
    public async Task A_failing_disk_fails_the_change_and_nothing_of_it_stays()
    {
        await using var place = new StoreSqlitePlace();
        await using var store = await place.Open(new CatalogOptions());
        var workload = new StoreWorkload(77);
        var failures = 0;
        for (var step = 0; step < 120; step++)
        {
            var before = await StoreWorkload.Picture(store);
            var count = 0;
            var target = step % 9;
            Errno error;
            using (SqliteFaults.Step.Arm(() => IsWriter(place.File) && count++ >= target ? Errno.ENOSPC : Errno.None))
                error = await workload.Step(store, step);
            if (error == Errno.ENOSPC)
            {
                failures++;
                Assert.Equal(before, await StoreWorkload.Picture(store));
                await workload.Step(store, step);
            }
        }

        Assert.True(failures > 20);
        Assert.Equal("", await place.Problems(store));
    }

    private static async Task<int> Run(int seed)
    {
        using var directory = new TemporaryDirectory(memory: true);
        var file = directory["names.db"];
        var images = new List<string>();
        var count = 0;
        var workload = new StoreWorkload(seed);
        var options = new CatalogOptions { Readers = 1 };
        var store = await SqliteCatalog.Open(file, options, NullLog.Instance);
        var isArmed = false;
        try
        {
            Errno Copy()
            {
                if (Volatile.Read(ref isArmed) && IsWriter(file))
                {
                    var image = directory[(count++).ToString(CultureInfo.InvariantCulture)];
                    File.Copy(file, image);
                    if (File.Exists(file + "-wal"))
                        File.Copy(file + "-wal", image + "-wal");
                    images.Add(image);
                }

                return Errno.None;
            }

            using var step = SqliteFaults.Step.Arm(Copy);
            using var begin = CommitFaults.Begin.Arm(Copy);
            using var before = CommitFaults.Before.Arm(Copy);
            using var after = CommitFaults.After.Arm(Copy);
            for (var i = 0; i < Steps; i++)
            {
                // One change of four is looked at closely.
                for (var k = 0; k < 3; k++)
                    await workload.Step(store, -1 - (3 * i) - k);
                var picture = await StoreWorkload.Picture(store);
                Volatile.Write(ref isArmed, true);
                await workload.Step(store, i);
                Volatile.Write(ref isArmed, false);
                await VerifyAll(images, picture, await StoreWorkload.Picture(store), workload, i, options);
                images.ForEach(Remove);
                images.Clear();
            }

            return count;
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    private static async Task VerifyAll(List<string> images, string before, string after, StoreWorkload workload, int step, CatalogOptions options)
    {
        foreach (var path in images)
        {
            await using var store = await SqliteCatalog.Open(path, options, NullLog.Instance);
            var picture = await StoreWorkload.Picture(store);
            Assert.True(picture == before || picture == after, $"step {step}: half a change\n{picture}\nbefore\n{before}\nafter\n{after}");
            await workload.Step(store, step);
            Assert.Equal(after, await StoreWorkload.Picture(store));
            var report = await store.Check(repair: false, null, default);
            Assert.Empty(report.Value.Problems);
        }
    }

    private static void Remove(string path)
    {
        foreach (var suffix in (string[])["", "-wal", "-shm", ".lock"])
            File.Delete(path + suffix);
    }

    private static bool IsWriter(string file) => Thread.CurrentThread.Name == $"sqlite-write {file}-0";
}
