using System.Globalization;
using System.Text.Json;
using Pentode.Core;
using Pentode.Nbd.Client;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>All extents of an export in one context; neighbours of one status are one.</summary>
internal sealed class ExportMap(string context)
{
    private const int MaxExtents = 8 << 20;
    private const int ExtentsPerRequest = 1 << 20;

    private readonly List<(long Offset, long Length, uint Status)> _extents = [];

    /// <summary>Asks for everything, on the client's loop. Null, or what went wrong.</summary>
    public async Task<string?> ReadAsync(NbdClient client)
    {
        var found = new List<NbdExtent>();
        var block = client.Export.MinimumBlock;
        var end = client.Export.Size & ~(block - 1L);
        for (var offset = 0L; offset < end;)
        {
            found.Clear();
            var error = await client.BlockStatus(offset, end - offset, ExtentsPerRequest, found);
            if (error != Errno.None)
                return client.Problem?.Message ?? $"asking for extents at {offset} failed: {error}{(client.LastServerMessage is { } said ? $" (the server says: {said})" : "")}";
            foreach (var extent in found)
            {
                Add(offset, extent.Length, extent.Status);
                offset += extent.Length;
            }

            if (found.Count == 0 || offset % block != 0)
                return $"the server's extents end at {offset}, inside of a block";
            if (_extents.Count > MaxExtents)
                return $"more than {MaxExtents} extents: that is the limit";
        }

        return null;
    }

    /// <summary>Lines of offset, length, status and meaning; then totals by status.</summary>
    public void Write(TextWriter output)
    {
        foreach (var (offset, length, status) in _extents)
            output.WriteLine($"{offset,14} {length,14} {status,4}  {ExportText.Status(context, status)}".TrimEnd());
        output.WriteLine();
        foreach (var (status, bytes, share) in Totals())
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"total",14} {bytes,14} {status,4}  {ExportText.Status(context, status),-10} {share,6:0.0}%"));
    }

    /// <summary>The members <c>map</c> and <c>totals</c> in an object that was begun.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("map");
        foreach (var (offset, length, status) in _extents)
        {
            json.WriteStartObject();
            json.WriteNumber("offset", offset);
            json.WriteNumber("length", length);
            json.WriteNumber("type", status);
            json.WriteString("description", ExportText.Status(context, status));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("totals");
        foreach (var (status, bytes, share) in Totals())
        {
            json.WriteStartObject();
            json.WriteNumber("size", bytes);
            json.WriteNumber("percent", Math.Round(share, 3));
            json.WriteNumber("type", status);
            json.WriteString("description", ExportText.Status(context, status));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private IEnumerable<(uint Status, long Bytes, double Share)> Totals()
    {
        var all = Math.Max(1, _extents.Sum(e => e.Length));
        return _extents.GroupBy(e => e.Status).OrderBy(g => g.Key).Select(g => (g.Key, g.Sum(e => e.Length), 100.0 * g.Sum(e => e.Length) / all));
    }

    private void Add(long offset, long length, uint status)
    {
        if (_extents.Count > 0 && _extents[^1].Status == status)
            _extents[^1] = (_extents[^1].Offset, _extents[^1].Length + length, status);
        else
            _extents.Add((offset, length, status));
    }
}
