using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>First work on an opened store: the fixed objects of a new one, what a crash left of open files in an old one.</summary>
internal static class CatalogStart
{
    /// <summary>Nanoseconds no daemon is expected to hold a removed file.</summary>
    private static readonly long s_sharedAge = TimeSpan.FromDays(1).Ticks * 100;

    /// <summary>Throws <see cref="CatalogOpenException"/>; the engine is disposed then.</summary>
    public static async Task Run(ICatalogEngine engine, ILog log)
    {
        var half = await engine.Read(static tx => (Result<bool>)tx.Query("SELECT k FROM meta WHERE k = $1").Add(CatalogImport.UnfinishedKey).Any()).ConfigureAwait(false);
        if (half.ValueOrDefault)
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            throw new CatalogOpenException($"the import into {engine.Info.Location} did not come to its end: remove the store and import again");
        }

        var result = await engine.Change(tx => (Result<long>)Prepare(tx, engine.IsShared), null).ConfigureAwait(false);
        if (!result.IsOk)
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            throw new CatalogOpenException($"cannot open the catalog at {engine.Info.Location}: {result.Error}");
        }

        if (result.Value > 0)
            log.Write(LogLevel.Info, $"names: {result.Value} removed files that were open at the last stop are gone now");
    }

    private static long Prepare(CatalogTransaction tx, bool isShared)
    {
        if (tx.Inode(CatalogInode.RootNumber) is null)
        {
            var root = Directory(tx, CatalogInode.RootNumber, CatalogPid.Root, 0) with { LinkCount = 3 };
            var lost = Directory(tx, CatalogInode.LostAndFoundNumber, tx.NextPid(), CatalogInode.RootNumber);
            tx.Insert(root);
            tx.Insert(lost);
            tx.InsertEntry(CatalogInode.RootNumber, [.. "lost+found"u8], new CatalogLink(CatalogInode.LostAndFoundNumber, tx.NextNumber()));
            tx.Count(0, 2, 0);
        }

        // Another daemon may hold what looks left over.
        return FeedChanges.EndLeftOvers(tx, isShared ? tx.Now() - s_sharedAge : long.MaxValue);
    }

    private static CatalogInode Directory(CatalogTransaction tx, long number, CatalogPid pid, long tagDirectory)
    {
        var now = tx.Now();
        return new CatalogInode
        {
            Number = number, Pid = pid, Mode = 0x41ED, LinkCount = 2, AccessTime = now, ModifyTime = now, ChangeTime = now, BirthTime = now, Change = 1, TagDirectory = tagDirectory,
        };
    }
}
