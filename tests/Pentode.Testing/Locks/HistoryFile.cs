using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pentode.Testing.Locks;

/// <summary>A history as lines of JSON. A line with the node, lock and grant time of an earlier one replaces it.</summary>
public sealed class HistoryFile : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { Converters = { new JsonStringEnumConverter() }, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };
    private readonly StreamWriter _writer;
    private readonly Lock _gate = new();

    /// <summary>Appends to a file; every line is with the kernel when <see cref="Write"/> returns.</summary>
    public HistoryFile(string path)
    {
        _writer = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
    }

    /// <summary>Reads a file; a last line cut short by SIGKILL is left out.</summary>
    public static IReadOnlyList<HistoryEntry> Read(string path)
    {
        var entries = new Dictionary<(string, string, long), HistoryEntry>();
        foreach (var line in File.ReadLines(path))
        {
            try
            {
                if (JsonSerializer.Deserialize<HistoryEntry>(line, s_json) is { } entry)
                    entries[(entry.Node, entry.Lock, entry.GrantedNs)] = entry;
            }
            catch (JsonException)
            {
            }
        }

        return [.. entries.Values];
    }

    /// <summary>Appends one entry.</summary>
    public void Write(HistoryEntry entry)
    {
        var line = JsonSerializer.Serialize(entry, s_json);
        lock (_gate)
            _writer.WriteLine(line);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
