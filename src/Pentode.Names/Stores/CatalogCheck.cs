using System.Globalization;
using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Finds what is inconsistent, in one snapshot while others work.</summary>
internal sealed class CatalogCheck(CatalogTransaction tx, IProgress<long>? progress, CancellationToken stop)
{
    private const string IsDirectory = "mode >= 16384 AND i.mode < 20480";
    private const string IsRegular = "mode >= 32768 AND i.mode < 36864";
    private readonly List<CheckProblem> _problems = [];
    private long _done;

    /// <summary>All checks, one after the other.</summary>
    public Result<CheckReport> Run()
    {
        tx.Session.Snapshot();
        Entries();
        Links();
        Loops();
        Content();
        Tags();
        Counts();
        if (stop.IsCancellationRequested)
            return Errno.EINTR;
        var objects = tx.Query("SELECT COUNT(*) FROM inode").Scalar() ?? 0;
        var entries = tx.Query("SELECT COUNT(*) FROM dirent").Scalar() ?? 0;
        return new CheckReport(objects, entries, _problems);
    }

    private void Entries()
    {
        Each(
            "SELECT e.parent, e.child FROM dirent e LEFT JOIN inode i ON i.ino = e.child WHERE i.ino IS NULL",
            CheckProblemKind.DanglingEntry,
            static r => string.Create(CultureInfo.InvariantCulture, $"an entry of directory {r.Int64(0)} names object {r.Int64(1)}, which is not there"));
        Each(
            $"SELECT e.parent, e.child FROM dirent e LEFT JOIN inode i ON i.ino = e.parent WHERE i.ino IS NULL OR NOT (i.{IsDirectory})",
            CheckProblemKind.DanglingEntry,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(1)} has a name in {r.Int64(0)}, which is no directory"));
        Each(
            $"SELECT i.ino, COUNT(*) FROM dirent e JOIN inode i ON i.ino = e.child WHERE i.{IsDirectory} GROUP BY i.ino HAVING COUNT(*) > 1",
            CheckProblemKind.SecondName,
            static r => string.Create(CultureInfo.InvariantCulture, $"directory {r.Int64(0)} has {r.Int64(1)} names"));
    }

    private void Links()
    {
        Each(
            "SELECT i.ino FROM inode i WHERE i.nlink > 0 AND i.ino <> 1 AND NOT EXISTS (SELECT 1 FROM dirent e WHERE e.child = i.ino)",
            CheckProblemKind.Orphan,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(0)} has no name"));
        Each(
            $"SELECT i.ino, i.nlink, c.n FROM inode i JOIN (SELECT child, COUNT(*) AS n FROM dirent GROUP BY child) c ON c.child = i.ino WHERE NOT (i.{IsDirectory}) AND i.nlink <> c.n",
            CheckProblemKind.LinkCount,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(0)} counts {r.Int64(1)} links and has {r.Int64(2)}"));
        Each(
            $"SELECT i.ino, i.nlink, 2 + (SELECT COUNT(*) FROM dirent e JOIN inode c ON c.ino = e.child WHERE e.parent = i.ino AND c.mode >= 16384 AND c.mode < 20480) FROM inode i " +
            $"WHERE i.{IsDirectory} AND (i.nlink > 0 OR EXISTS (SELECT 1 FROM dirent e WHERE e.child = i.ino)) " +
            "AND i.nlink <> 2 + (SELECT COUNT(*) FROM dirent e JOIN inode c ON c.ino = e.child WHERE e.parent = i.ino AND c.mode >= 16384 AND c.mode < 20480)",
            CheckProblemKind.LinkCount,
            static r => string.Create(CultureInfo.InvariantCulture, $"directory {r.Int64(0)} counts {r.Int64(1)} links and has {r.Int64(2)}"));
        Each(
            "SELECT i.ino FROM inode i WHERE i.nlink = 0 AND NOT EXISTS (SELECT 1 FROM trash t WHERE t.ino = i.ino) AND NOT EXISTS (SELECT 1 FROM dirent e WHERE e.child = i.ino)",
            CheckProblemKind.LeftOver,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(0)} was removed but is still stored"),
            number => !tx.Shared.IsHeld(number));
        Each(
            "SELECT t.ino FROM trash t JOIN inode i ON i.ino = t.ino WHERE i.nlink <> 0",
            CheckProblemKind.Trash,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(0)} is in the trash and has a name"));
        Each(
            "SELECT i.ino FROM inode i WHERE i.mode >= 40960 AND i.mode < 45056 AND (i.link IS NULL OR length(i.link) = 0 OR length(i.link) <> i.size)",
            CheckProblemKind.Target,
            static r => string.Create(CultureInfo.InvariantCulture, $"symbolic link {r.Int64(0)} has no target or another size"));
    }

    private void Loops()
    {
        if (stop.IsCancellationRequested)
            return;

        // Directory to parent; following it must end at the root or at a directory without a name.
        var parents = new Dictionary<long, long>();
        var rows = tx.Query($"SELECT e.child, e.parent FROM dirent e JOIN inode i ON i.ino = e.child WHERE i.{IsDirectory} ORDER BY e.cookie");
        while (rows.Step())
            parents.TryAdd(rows.Int64(0), rows.Int64(1));
        var isFine = new HashSet<long> { CatalogInode.RootNumber };
        var path = new List<long>();
        foreach (var start in parents.Keys.ToArray())
        {
            path.Clear();
            var at = start;
            while (!isFine.Contains(at) && parents.TryGetValue(at, out var up))
            {
                path.Add(at);
                if (path.Count > 1 && path.IndexOf(up) >= 0)
                {
                    var low = path.Skip(path.IndexOf(up)).Min();
                    Report(CheckProblemKind.Loop, low, string.Create(CultureInfo.InvariantCulture, $"directory {low} is below itself"));
                    parents.Remove(low);
                    break;
                }

                at = up;
            }

            isFine.UnionWith(path);
        }

        Tick(parents.Count);
    }

    private void Content()
    {
        Each(
            "SELECT k.ino, k.lvl FROM chunk k JOIN inode i ON i.ino = k.ino LEFT JOIN level l ON l.ino = k.ino AND l.lvl = k.lvl " +
            $"WHERE NOT (i.{IsRegular}) OR (k.lvl > 0 AND l.ino IS NULL) OR k.idx * 65536 + length(k.b) > (CASE WHEN k.lvl = 0 THEN i.size ELSE l.size END) GROUP BY k.ino, k.lvl",
            CheckProblemKind.Content,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(0)} has content of level {r.Int64(1)} beyond its size"));
        Each(
            $"SELECT i.ino, i.stored, COALESCE(c.n, 0) FROM inode i LEFT JOIN (SELECT ino, SUM(length(b)) AS n FROM chunk WHERE lvl = 0 GROUP BY ino) c ON c.ino = i.ino WHERE i.stored <> COALESCE(c.n, 0)",
            CheckProblemKind.StoredBytes,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(0)} counts {r.Int64(1)} stored bytes and has {r.Int64(2)}"));
    }

    private void Tags()
    {
        Each(
            $"SELECT t.ino, t.tagdir FROM inode t LEFT JOIN inode i ON i.ino = t.tagdir WHERE t.tagdir <> 0 AND (i.ino IS NULL OR t.ino = t.tagdir OR NOT (i.{IsDirectory}))",
            CheckProblemKind.TagChain,
            static r => string.Create(CultureInfo.InvariantCulture, $"directory {r.Int64(0)} inherits tags from {r.Int64(1)}, which is no directory"));
        Each(
            "SELECT i.ino, MAX(t.born), i.taggen FROM tag t JOIN inode i ON i.ino = t.dir GROUP BY i.ino, i.taggen HAVING MAX(t.born) > i.taggen",
            CheckProblemKind.TagGeneration,
            static r => string.Create(CultureInfo.InvariantCulture, $"directory {r.Int64(0)} has a tag of generation {r.Int64(1)} and knows {r.Int64(2)}"));
    }

    private void Counts()
    {
        Each(
            "SELECT q.dir, q.files, q.bytes FROM quota q WHERE q.files <> (SELECT COUNT(*) FROM inode i WHERE i.qtree = q.dir AND i.ino <> q.dir AND i.nlink > 0) " +
            $"OR q.bytes <> (SELECT COALESCE(SUM(i.size), 0) FROM inode i WHERE i.qtree = q.dir AND i.nlink > 0 AND i.{IsRegular})",
            CheckProblemKind.Quota,
            static r => string.Create(CultureInfo.InvariantCulture, $"quota of directory {r.Int64(0)} counts {r.Int64(1)} objects, {r.Int64(2)} bytes, and has others"));
        Each(
            "SELECT i.ino, i.qtree FROM inode i LEFT JOIN quota q ON q.dir = i.qtree WHERE i.qtree <> 0 AND q.dir IS NULL",
            CheckProblemKind.Quota,
            static r => string.Create(CultureInfo.InvariantCulture, $"object {r.Int64(0)} counts against directory {r.Int64(1)}, which has no quota"));
        Each(
            "SELECT 0, t.objects, t.bytes, t.trash FROM totals t WHERE t.objects <> (SELECT COUNT(*) FROM inode WHERE nlink > 0) " +
            $"OR t.bytes <> (SELECT COALESCE(SUM(i.size), 0) FROM inode i WHERE i.nlink > 0 AND i.{IsRegular}) OR t.trash <> (SELECT COUNT(*) FROM trash)",
            CheckProblemKind.Totals,
            static r => string.Create(CultureInfo.InvariantCulture, $"the store counts {r.Int64(1)} objects, {r.Int64(2)} bytes, {r.Int64(3)} in the trash, and has others"));
    }

    private void Each(string sql, CheckProblemKind kind, Func<RowCommand, string> text, Func<long, bool>? isProblem = null)
    {
        if (stop.IsCancellationRequested)
            return;
        var rows = tx.Query(sql);
        while (rows.Step())
        {
            if (isProblem is null || isProblem(rows.Int64(0)))
                Report(kind, rows.Int64(0), text(rows));
            if (_problems.Count < CheckReport.MaximumProblems)
                continue;
            rows.End();
            break;
        }

        Tick(1);
    }

    private void Report(CheckProblemKind kind, long number, string text)
    {
        if (_problems.Count < CheckReport.MaximumProblems)
            _problems.Add(new CheckProblem(kind, number, text, IsRepaired: false));
    }

    private void Tick(long work)
    {
        _done += work;
        progress?.Report(_done);
    }
}
