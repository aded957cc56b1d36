using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <content>Check, export and import.</content>
public sealed partial class CatalogStore
{
    /// <summary>
    /// Looks for inconsistencies in a snapshot while others work; with <paramref name="repair"/> puts them right, each in its own transaction, and looks again until nothing more can be
    /// done. EINTR when <paramref name="stop"/> is cancelled.
    /// </summary>
    public async Task<Result<CheckReport>> Check(bool repair, IProgress<long>? progress, CancellationToken stop)
    {
        var report = await Look(progress, stop).ConfigureAwait(false);
        if (!repair || !report.IsOk)
            return report;
        var found = new Dictionary<(CheckProblemKind, long), CheckProblem>();
        while (true)
        {
            var isNew = false;
            foreach (var problem in report.Value.Problems)
            {
                if (found.TryAdd((problem.Kind, problem.Number), problem))
                {
                    isNew = true;
                    var error = await Change(default, tx => CatalogRepair.Run(tx, problem)).ConfigureAwait(false);
                    if (error != Errno.None)
                        return error;
                }
            }

            report = await Look(progress, stop).ConfigureAwait(false);
            if (!report.IsOk)
                return report;
            var left = report.Value.Problems.Select(p => (p.Kind, p.Number)).ToHashSet();
            if (!isNew || left.Count == 0)
                return report.Value with { Problems = [.. found.Select(p => p.Value with { IsRepaired = !left.Contains(p.Key) })] };
        }
    }

    /// <summary>Writes everything but events as JSON lines, as of one moment while others work; returns the rows. EIO when the stream fails, EINTR when stopped.</summary>
    public async Task<Result<long>> Export(Stream target, IProgress<long>? progress, CancellationToken stop) =>
        await _engine.Read(tx =>
        {
            try
            {
                return CatalogExport.Run(tx, Info, target, progress, stop);
            }
            catch (IOException e)
            {
                return e.HResult is 28 ? Errno.ENOSPC : Errno.EIO;
            }
        }).ConfigureAwait(false);

    /// <summary>
    /// Reads an export into this store, which must be new, with all numbers and ids. The identity of the store (fsid, store id) is the exported one's from the next opening on. A
    /// failed import leaves a store that cannot be opened again: remove it.
    /// </summary>
    public Task<ImportReport> Import(Stream source, IProgress<long>? progress, CancellationToken stop) => new CatalogImport(_engine, source, progress, stop).Run();

    private Task<Result<CheckReport>> Look(IProgress<long>? progress, CancellationToken stop) =>
        _engine.Read(tx => new CatalogCheck(tx, progress, stop).Run()).AsTask();
}
