using System.CommandLine;
using System.Text.Json;
using Pentode.Cli.Commands.Blocks;
using Pentode.Daemon.Services;
using Pentode.Rings.Client;
using Pentode.Rings.Wire;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings probe SOCKET</c>.</summary>
internal static class RingsProbeCommand
{
    private const string Examples = """
          pentode rings probe /run/rings.sock
          pentode rings probe --json /run/rings.sock
        """;

    public static Command Create(CommonOptions common)
    {
        var socket = RingsRunner.Socket();
        var json = RingsRunner.Json();
        var command = new DocumentedCommand("probe", "Shakes hands and shows what the server can do.", Examples) { socket, json };
        command.SetAction((parsed, _) => RingsRunner.RunAsync(common, parsed, parsed.GetValue(socket)!, async client =>
        {
            if (parsed.GetValue(json))
                await ExportText.WriteJsonAsync(writer => Write(writer, client.Server)).ConfigureAwait(true);
            else
                Write(Console.Out, client.Server);
            return ExitCode.Ok;
        }));
        return command;
    }

    private static void Write(TextWriter output, RingsServerFacts server)
    {
        output.WriteLine($"protocol: {RingsWire.Major}.{RingsWire.Minor} (iouringd)");
        output.WriteLine($"ring entries: {server.RingEntries} ({server.CompletionEntries} completion entries)");
        output.WriteLine($"ring features: 0x{server.Features:x}");
        output.WriteLine($"operations: {string.Join(' ', RingsText.Operations(server))}");
        output.WriteLine($"free credits: {server.SubmitCredits}");
        output.WriteLine($"descriptor slots: {server.DescriptorSlots}");
        output.WriteLine($"buffer slots: {server.BufferSlots}");
        output.WriteLine($"bytes of one operation: at most {server.IoBytesMax}");
    }

    private static void Write(Utf8JsonWriter json, RingsServerFacts server)
    {
        json.WriteStartObject();
        json.WriteString("protocol", $"{RingsWire.Major}.{RingsWire.Minor}");
        json.WriteNumber("features", server.Features);
        json.WriteNumber("ring_entries", server.RingEntries);
        json.WriteNumber("cq_entries", server.CompletionEntries);
        json.WriteNumber("op_mask", (uint)server.Operations);
        json.WriteStartArray("operations");
        foreach (var operation in RingsText.Operations(server))
            json.WriteStringValue(operation);
        json.WriteEndArray();
        json.WriteNumber("submit_credits", server.SubmitCredits);
        json.WriteNumber("registered_fd_slots", server.DescriptorSlots);
        json.WriteNumber("registered_buffer_slots", server.BufferSlots);
        json.WriteNumber("io_bytes_max", server.IoBytesMax);
        json.WriteEndObject();
    }
}
