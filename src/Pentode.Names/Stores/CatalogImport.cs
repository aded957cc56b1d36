using System.Globalization;
using System.Text;
using System.Text.Json;
using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>Reads what <see cref="CatalogExport"/> wrote into a new store. Until its end the store is marked, and refused by the next start.</summary>
internal sealed class CatalogImport(ICatalogEngine engine, Stream source, IProgress<long>? progress, CancellationToken stop)
{
    /// <summary>Key in table <c>meta</c> of a store whose import has not ended.</summary>
    public const string UnfinishedKey = "import-unfinished";

    private const int BatchRows = 500;
    private const long BatchBytes = 4 << 20;
    private static readonly Dictionary<string, TransferTable> s_tables = TransferTable.All.ToDictionary(t => t.Name, StringComparer.Ordinal);
    private long _lines;
    private long _rows;
    private long _highest;

    public async Task<ImportReport> Run()
    {
        var error = await Change(Begin).ConfigureAwait(false);
        if (error != Errno.None)
            return new ImportReport(error, 0, error == Errno.EEXIST ? "the store is not new: import needs an empty one" : $"the store refuses: {error}");
        try
        {
            return await ReadAll().ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or FormatException or KeyNotFoundException or InvalidOperationException)
        {
            return Bad(e is KeyNotFoundException ? "a column is missing" : e.Message);
        }
        catch (OperationCanceledException)
        {
            return new ImportReport(Errno.EINTR, _lines, "stopped");
        }
    }

    private async Task<ImportReport> ReadAll()
    {
        var lines = new TransferLines(source);
        var batch = new List<(TransferTable Table, object?[] Values)>();
        var bytes = 0L;
        while (await lines.Next(stop).ConfigureAwait(false) is { } line)
        {
            _lines++;
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (_lines == 1)
            {
                if (!row.TryGetProperty("pentode_catalog", out var version) || version.GetInt32() != CatalogExport.Version)
                    return Bad("this is not an export of a catalog, or one of another version");
                continue;
            }

            var isEnd = row.TryGetProperty("rows", out var count);
            if (!isEnd)
            {
                if (!row.TryGetProperty("table", out var name) || !s_tables.TryGetValue(name.GetString() ?? "", out var table))
                    return Bad("unknown table");
                batch.Add((table, Values(table, row)));
                bytes += line.Length;
                _rows++;
            }

            if (isEnd || batch.Count >= BatchRows || bytes >= BatchBytes)
            {
                var rows = batch.ToArray();
                var error = await Change(tx => Insert(tx, rows)).ConfigureAwait(false);
                if (error != Errno.None)
                    return Bad($"the store refuses rows up to this line: {error}", error);
                batch.Clear();
                bytes = 0;
                progress?.Report(_rows);
            }

            if (!isEnd)
                continue;
            if (count.GetInt64() != _rows)
                return Bad(string.Create(CultureInfo.InvariantCulture, $"the file says {count.GetInt64()} rows and has {_rows}"));
            var end = await Change(End).ConfigureAwait(false);
            return end == Errno.None ? new ImportReport(Errno.None, _lines, "") : Bad($"the store refuses: {end}", end);
        }

        return Bad("the file ends before its last line: it is cut");
    }

    private ImportReport Bad(string problem, Errno error = Errno.EINVAL) => new(error, _lines, string.Create(CultureInfo.InvariantCulture, $"line {_lines}: {problem}"));

    private async ValueTask<Errno> Change(Func<CatalogTransaction, Errno> job)
    {
        var result = await engine.Change(tx => job(tx) is var error && error == Errno.None ? true : (Result<bool>)error, null).ConfigureAwait(false);
        return result.Error;
    }

    private static Errno Begin(CatalogTransaction tx)
    {
        if (tx.Query("SELECT ino FROM inode WHERE ino > 2").Any() || tx.Query("SELECT k FROM meta WHERE k = $1").Add(UnfinishedKey).Any())
            return Errno.EEXIST;
        tx.Forget();
        foreach (var sql in (string[])["DELETE FROM dirent", "DELETE FROM inode", "DELETE FROM event", "DELETE FROM request", "DELETE FROM word", "DELETE FROM reclaim", "DELETE FROM meta"])
            tx.Change(sql).Run();
        tx.Change("INSERT INTO meta(k, v) VALUES ($1, $2)").Add(UnfinishedKey).Add((byte[])[1]).Run();
        return Errno.None;
    }

    private static Errno Insert(CatalogTransaction tx, (TransferTable Table, object?[] Values)[] rows)
    {
        foreach (var (table, values) in rows)
        {
            var command = tx.Change(table.InsertSql);
            for (var i = 0; i < values.Length; i++)
            {
                command = (table.Columns[i].Kind, values[i]) switch
                {
                    ('i', var number) => command.Add((long?)number),
                    ('t', var text) => command.Add((string)text!),
                    (_, var blob) => command.AddNullable((byte[]?)blob),
                };
            }

            command.Queue();
        }

        return Errno.None;
    }

    private Errno End(CatalogTransaction tx)
    {
        tx.SkipNumbers(_highest + 1);
        tx.Change("DELETE FROM meta WHERE k = $1").Add(UnfinishedKey).Run();
        CatalogRepair.Totals(tx);
        tx.Forget();
        return tx.Inode(CatalogInode.RootNumber) is { IsDirectory: true } ? Errno.None : Errno.EINVAL;
    }

    private object?[] Values(TransferTable table, JsonElement row)
    {
        var values = new object?[table.Columns.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var column = table.Columns[i];
            if (column.IsNullable && !row.TryGetProperty(column.Name, out _))
                continue;
            var value = row.GetProperty(column.Name);
            values[i] = column.Kind switch
            {
                'i' => value.GetInt64(),
                't' => value.GetString(),
                'p' => Convert.FromHexString(value.GetString()!),
                _ => value.ValueKind == JsonValueKind.String ? Encoding.UTF8.GetBytes(value.GetString()!) : value.GetProperty("base64").GetBytesFromBase64(),
            };
            if (column.Name is "ino" or "cookie" or "tagid" or "id" or "seq")
                _highest = Math.Max(_highest, (long)values[i]!);
        }

        return values;
    }
}
