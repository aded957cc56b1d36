using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Pentode.Core;
using Pentode.Names.Catalog;

namespace Pentode.Names.Stores;

/// <summary>
/// Writes a snapshot as JSON lines: a header, one line a row (<c>{"table":"inode","ino":17,…}</c>), and a last line with their number. Bytes are a string when they are
/// printable UTF-8, else <c>{"base64":"…"}</c>; ids are hexadecimal digits; NULL is left out.
/// </summary>
internal static class CatalogExport
{
    public const int Version = 1;

    private const int FlushSize = 1 << 20;
    private const int ProgressRows = 1000;

    public static Result<long> Run(CatalogTransaction tx, CatalogInfo info, Stream target, IProgress<long>? progress, CancellationToken stop)
    {
        tx.Session.Snapshot();
        var buffer = new ArrayBufferWriter<byte>(FlushSize + (256 << 10));
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteNumber("pentode_catalog", Version);
        json.WriteString("engine", info.Engine);
        json.WriteString("store", info.Id);
        json.WriteEndObject();
        EndLine(json, buffer);
        var count = 0L;
        foreach (var table in TransferTable.All)
        {
            var rows = tx.Query(table.SelectSql);
            while (rows.Step())
            {
                if (table.Name == "meta" && rows.Text(0) == CatalogImport.UnfinishedKey)
                    continue;
                WriteRow(json, table, rows);
                EndLine(json, buffer);
                if (++count % ProgressRows == 0)
                {
                    progress?.Report(count);
                    if (stop.IsCancellationRequested)
                    {
                        rows.End();
                        return Errno.EINTR;
                    }
                }

                if (buffer.WrittenCount >= FlushSize)
                {
                    target.Write(buffer.WrittenSpan);
                    buffer.ResetWrittenCount();
                }
            }
        }

        json.WriteStartObject();
        json.WriteNumber("rows", count);
        json.WriteEndObject();
        EndLine(json, buffer);
        target.Write(buffer.WrittenSpan);
        target.Flush();
        progress?.Report(count);
        return count;
    }

    private static void WriteRow(Utf8JsonWriter json, TransferTable table, RowCommand row)
    {
        json.WriteStartObject();
        json.WriteString("table", table.Name);
        for (var i = 0; i < table.Columns.Count; i++)
        {
            var column = table.Columns[i];
            if (column.IsNullable && row.IsNull(i))
                continue;
            json.WritePropertyName(column.Name);
            switch (column.Kind)
            {
                case 'i':
                    json.WriteNumberValue(row.Int64(i));
                    break;
                case 't':
                    json.WriteStringValue(row.Text(i));
                    break;
                case 'p':
                    json.WriteStringValue(Convert.ToHexString(row.Bytes(i)));
                    break;
                default:
                    WriteBytes(json, row.Bytes(i));
                    break;
            }
        }

        json.WriteEndObject();
    }

    private static void WriteBytes(Utf8JsonWriter json, byte[] bytes)
    {
        if (bytes.Length <= 4096 && Utf8.IsValid(bytes) && !bytes.AsSpan().ContainsAnyInRange((byte)0, (byte)31))
        {
            json.WriteStringValue(bytes);
            return;
        }

        json.WriteStartObject();
        json.WriteBase64String("base64", bytes);
        json.WriteEndObject();
    }

    private static void EndLine(Utf8JsonWriter json, ArrayBufferWriter<byte> buffer)
    {
        json.Flush();
        json.Reset();
        buffer.Write("\n"u8);
    }
}
