using System.CommandLine;
using System.Text.Json;
using Pentode.Cli.Commands.Blocks;
using Pentode.Daemon.Services;
using Pentode.Daemon.Configuration;
using Pentode.Rings.Client;
using Pentode.Rings.Client.V2;
using Pentode.Rings.Wire;
using Pentode.Rings.Wire.V2;
using Pentode.Cli.Commands.Files;

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
        command.SetAction((parsed, _) => LoopRunner.RunAsync(common, parsed, async loop =>
        {
            var path = parsed.GetValue(socket)!;

            // Protocol 2 first: a server that speaks 1 only says so, one that has no room for us tells of itself in protocol 1.
            var (second, _) = await RingsClient2.ConnectAsync(loop, path, new RingsClient2Options { RegionBytes = RingsWire2.RegionAlignment, UsesSharedRing = false }).ConfigureAwait(true);
            var welcome = second?.Server;
            if (second is not null)
                await second.DisposeAsync().ConfigureAwait(true);
            return await RingsRunner.RunAsync(loop, path, async client =>
            {
                if (parsed.GetValue(json))
                    await ExportText.WriteJsonAsync(writer => Write(writer, client.Server, welcome)).ConfigureAwait(true);
                else
                    Write(Console.Out, client.Server, welcome);
                return ExitCode.Ok;
            }).ConfigureAwait(true);
        }));
        return command;
    }

    private static void Write(TextWriter output, RingsServerFacts server, RingsWelcome? second)
    {
        output.WriteLine($"protocol: {RingsWire.Major}.{RingsWire.Minor} (iouringd)");
        output.WriteLine($"ring entries: {server.RingEntries} ({server.CompletionEntries} completion entries)");
        output.WriteLine($"ring features: 0x{server.Features:x}");
        output.WriteLine($"operations: {string.Join(' ', RingsText.Operations(server))}");
        output.WriteLine($"free credits: {server.SubmitCredits}");
        output.WriteLine($"descriptor slots: {server.DescriptorSlots}");
        output.WriteLine($"buffer slots: {server.BufferSlots}");
        output.WriteLine($"bytes of one operation: at most {server.IoBytesMax}");
        output.WriteLine();
        if (second is not { } more)
        {
            output.WriteLine("protocol 2: not served");
            return;
        }

        output.WriteLine($"protocol: {RingsWire2.Major}.{more.Minor}");
        output.WriteLine($"operations: {string.Join(' ', RingsText.Operations(more))}");
        output.WriteLine($"features: {string.Join(' ', RingsText.Features(more))}");
        output.WriteLine($"credits: {more.Credits}, in batches of {more.Batch}");
        output.WriteLine($"shared memory: {more.Regions} regions, {Quantity.FormatSize((long)more.RegionBytes)} together; rings of {more.RingEntries}");
        output.WriteLine($"descriptors: {more.Files}");
        output.WriteLine($"bytes of one operation: at most {more.Transfer}, {more.Inline} without shared memory, {more.Vectors} vectors");
        output.WriteLine($"weight: {more.Weight}");
    }

    private static void Write(Utf8JsonWriter json, RingsServerFacts server, RingsWelcome? second)
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
        if (second is { } more)
        {
            json.WriteStartObject("protocol_2");
            json.WriteString("protocol", $"{RingsWire2.Major}.{more.Minor}");
            json.WriteStartArray("operations");
            foreach (var operation in RingsText.Operations(more))
                json.WriteStringValue(operation);
            json.WriteEndArray();
            json.WriteStartArray("features");
            foreach (var feature in RingsText.Features(more))
                json.WriteStringValue(feature);
            json.WriteEndArray();
            json.WriteNumber("credits", more.Credits);
            json.WriteNumber("batch", more.Batch);
            json.WriteNumber("message_bytes", more.Message);
            json.WriteNumber("inline_bytes", more.Inline);
            json.WriteNumber("files", more.Files);
            json.WriteNumber("regions", more.Regions);
            json.WriteNumber("region_bytes", more.RegionBytes);
            json.WriteNumber("ring_entries", more.RingEntries);
            json.WriteNumber("vectors", more.Vectors);
            json.WriteNumber("transfer_bytes", more.Transfer);
            json.WriteNumber("weight", more.Weight);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("protocol_2");
        }

        json.WriteEndObject();
    }
}
