using System.Globalization;
using System.Text.Json;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Names;

/// <summary>Rows as JSON or for people.</summary>
internal static class NamesOutput
{
    /// <summary>One JSON array.</summary>
    public static void WriteJson(IEnumerable<NamesRow> rows)
    {
        using var output = Console.OpenStandardOutput();
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        foreach (var row in rows)
            JsonSerializer.Serialize(json, row, NamesJson.Default.NamesRow);
        json.WriteEndArray();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    /// <summary>One object a line.</summary>
    public static void WriteLine(NamesRow row) => Console.WriteLine(JsonSerializer.Serialize(row, NamesJson.Default.NamesRow));

    /// <summary>Permission bits as ls shows them.</summary>
    public static string Mode(NamesRow row)
    {
        var type = row.Type switch { "directory" => 'd', "link" => 'l', "fifo" => 'p', "socket" => 's', "char" => 'c', "block" => 'b', _ => '-' };
        var mode = row.Mode ?? 0;
        Span<char> text = stackalloc char[10];
        text[0] = type;
        for (var i = 0; i < 9; i++)
            text[i + 1] = (mode & (0x100u >> i)) != 0 ? "rwx"[i % 3] : '-';
        Special(text, 3, (mode & 0x800) != 0, 's');
        Special(text, 6, (mode & 0x400) != 0, 's');
        Special(text, 9, (mode & 0x200) != 0, 't');
        return new string(text);
    }

    /// <summary>A number.</summary>
    public static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "";

    /// <summary>To the second.</summary>
    public static string Time(string? iso) => iso is null ? "" : iso[..19].Replace('T', ' ');

    private static void Special(Span<char> text, int at, bool isSet, char letter)
    {
        if (isSet)
            text[at] = text[at] == 'x' ? letter : char.ToUpperInvariant(letter);
    }
}
