using System.Globalization;
using System.Text.Json;
using Pentode.Daemon.Configuration;
using Pentode.Nbd.Client;
using Pentode.Nbd.Wire;

namespace Pentode.Cli.Commands.Blocks;

/// <summary>Facts of an export for people and, under the names nbdinfo uses, for programs.</summary>
internal static class ExportText
{
    private static readonly (NbdTransmissionFlags Flag, string Text, string Json)[] s_flags =
    [
        (NbdTransmissionFlags.NBD_FLAG_READ_ONLY, "read-only", "is_read_only"),
        (NbdTransmissionFlags.NBD_FLAG_ROTATIONAL, "rotational", "is_rotational"),
        (NbdTransmissionFlags.NBD_FLAG_SEND_FLUSH, "flush", "can_flush"),
        (NbdTransmissionFlags.NBD_FLAG_SEND_FUA, "fua", "can_fua"),
        (NbdTransmissionFlags.NBD_FLAG_SEND_TRIM, "trim", "can_trim"),
        (NbdTransmissionFlags.NBD_FLAG_SEND_WRITE_ZEROES, "write-zeroes", "can_zero"),
        (NbdTransmissionFlags.NBD_FLAG_SEND_FAST_ZERO, "fast-zero", "can_fast_zero"),
        (NbdTransmissionFlags.NBD_FLAG_SEND_DF, "df", "can_df"),
        (NbdTransmissionFlags.NBD_FLAG_SEND_CACHE, "cache", "can_cache"),
        (NbdTransmissionFlags.NBD_FLAG_CAN_MULTI_CONN, "multi-conn", "can_multi_conn"),
    ];

    /// <summary>Text of a peer without control characters.</summary>
    public static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    /// <summary>The handshake in words.</summary>
    public static string Protocol(NbdExportInfo info) =>
        $"{info.Protocol} without TLS, {(info.IsStructured ? "structured replies" : "simple replies")}";

    /// <summary>A block of lines about an export.</summary>
    public static void Write(TextWriter output, NbdUri uri, NbdExportInfo info)
    {
        output.WriteLine($"export \"{Printable(info.CanonicalName ?? info.Name)}\":");
        output.WriteLine($"  uri: {uri.WithExport(info.Name)}");
        if (info.Description is { Length: > 0 } description)
            output.WriteLine($"  description: {Printable(description)}");
        output.WriteLine($"  size: {info.Size} ({Quantity.FormatSize(info.Size)})");
        output.WriteLine(info.HasBlockSizes
            ? $"  block sizes: minimum {info.MinimumBlock}, preferred {info.PreferredBlock}, maximum {info.MaximumBlock}"
            : "  block sizes: not told");
        output.WriteLine($"  flags: {string.Join(' ', s_flags.Where(f => info.Can(f.Flag)).Select(f => f.Text))}");
        if (Contexts(info) is { Count: > 0 } contexts)
            output.WriteLine($"  contexts: {string.Join(' ', contexts.Select(c => Printable(c.Name)))}");
    }

    /// <summary>The members of one export in an object that was begun.</summary>
    public static void Write(Utf8JsonWriter json, NbdUri uri, NbdExportInfo info)
    {
        json.WriteString("export_name", info.CanonicalName ?? info.Name);
        if (info.Description is { Length: > 0 } description)
            json.WriteString("description", description);
        json.WriteString("uri", uri.WithExport(info.Name).ToString());
        json.WriteStartArray("contexts");
        foreach (var context in Contexts(info))
            json.WriteStringValue(context.Name);
        json.WriteEndArray();
        foreach (var (flag, _, name) in s_flags)
            json.WriteBoolean(name, info.Can(flag));
        if (info.HasBlockSizes)
        {
            json.WriteNumber("block_size_minimum", info.MinimumBlock);
            json.WriteNumber("block_size_preferred", info.PreferredBlock);
            json.WriteNumber("block_size_maximum", info.MaximumBlock);
        }

        json.WriteNumber("export_size", info.Size);
        json.WriteString("export_size_text", Quantity.FormatSize(info.Size));
    }

    /// <summary>The members about the connection in an object that was begun.</summary>
    public static void WriteProtocol(Utf8JsonWriter json, NbdExportInfo info)
    {
        json.WriteString("protocol", info.Protocol);
        json.WriteBoolean("tls", false);
        json.WriteBoolean("structured", info.IsStructured);
    }

    /// <summary>Writes one JSON document to standard output.</summary>
    public static async Task WriteJsonAsync(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        await using (json.ConfigureAwait(false))
            write(json);
        await Console.Out.WriteLineAsync(System.Text.Encoding.UTF8.GetString(bytes.ToArray())).ConfigureAwait(false);
    }

    /// <summary>What a status of a context means, as far as known.</summary>
    public static string Status(string context, uint status) => context switch
    {
        NbdClientOptions.BaseAllocation => (status & 3) switch { 0 => "data", 1 => "hole", 2 => "zero", _ => "hole,zero" },
        "qemu:allocation-depth" => status switch { 0 => "absent", 1 => "local", _ => "backing depth " + status.ToString(CultureInfo.InvariantCulture) },
        _ when context.StartsWith("qemu:dirty-bitmap:", StringComparison.Ordinal) => (status & 1) == 0 ? "clean" : "dirty",
        _ => "",
    };

    private static IReadOnlyList<NbdContext> Contexts(NbdExportInfo info) => info.AvailableContexts ?? info.Contexts;
}
