using System.Globalization;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Configuration;

namespace Pentode.Cli;

/// <summary>A status report as tables for people.</summary>
internal static class StatusText
{
    /// <summary>Writes it: the daemon, its exports with their sums, its connections, its loops.</summary>
    public static void Write(TextWriter output, StatusReport status)
    {
        output.WriteLine($"pentode {status.Version}, process {status.Pid}, up {Age(status.UptimeSeconds)}, {status.Engine} engine");
        foreach (var listener in status.Listeners)
            output.WriteLine($"listening on {listener}");
        output.WriteLine();
        WriteExports(output, status);
        output.WriteLine();
        WriteConnections(output, status.Connections);
        output.WriteLine();
        WriteLoops(output, status.Loops);
    }

    private static void WriteExports(TextWriter output, StatusReport status)
    {
        var table = new TextTable("SERVICE", "EXPORT", "KIND", "MODE", ">SIZE", ">OPS", ">READ", ">WRITTEN", ">ERRORS");
        foreach (var e in status.Exports)
        {
            table.Add(e.Service, e.Name.Length > 0 ? e.Name : "(default)", e.Kind, e.ReadOnly ? "ro" : "rw", e.Size > 0 ? Quantity.FormatSize(e.Size) : "-",
                Count(e.Operations), Quantity.FormatSize(e.BytesRead), Quantity.FormatSize(e.BytesWritten), Count(e.Errors));
        }

        var t = status.Totals;
        table.Add("total", "", "", "", "", Count(t.Operations), Quantity.FormatSize(t.BytesRead), Quantity.FormatSize(t.BytesWritten), Count(t.Errors));
        table.Write(output);
    }

    private static void WriteConnections(TextWriter output, IReadOnlyList<SessionInfo> connections)
    {
        if (connections.Count == 0)
        {
            output.WriteLine("no connections");
            return;
        }

        var table = new TextTable("PROTOCOL", ">ID", "PEER", "EXPORT", "USER", ">AGE", ">OPS", ">READ", ">WRITTEN", ">ERRORS", ">IN FLIGHT");
        foreach (var c in connections)
        {
            table.Add(c.Protocol, Count(c.Id), c.Peer, c.Export.Length > 0 ? c.Export : "-", c.User.Length > 0 ? c.User : "-", Age(c.AgeSeconds),
                Count(c.Operations), Quantity.FormatSize(c.BytesRead), Quantity.FormatSize(c.BytesWritten), Count(c.Errors), Count(c.InFlight));
        }

        table.Write(output);
    }

    private static void WriteLoops(TextWriter output, IReadOnlyList<LoopStatus> loops)
    {
        var table = new TextTable("LOOP", ">TURNS", ">COMPLETIONS", ">PER TURN", ">REQUESTS", ">PENDING");
        foreach (var loop in loops)
        {
            var perTurn = loop.Turns == 0 ? 0 : (double)loop.Completions / loop.Turns;
            table.Add(loop.Name, Count(loop.Turns), Count(loop.Completions), perTurn.ToString("0.0", CultureInfo.InvariantCulture), Count(loop.Requests), Count(loop.Pending));
        }

        table.Write(output);
    }

    private static string Age(long seconds)
    {
        var span = TimeSpan.FromSeconds(seconds);
        return span switch
        {
            { TotalMinutes: < 1 } => $"{span.Seconds}s",
            { TotalHours: < 1 } => $"{span.Minutes}m{span.Seconds:00}s",
            { TotalDays: < 1 } => $"{span.Hours}h{span.Minutes:00}m",
            _ => $"{span.Days}d{span.Hours:00}h",
        };
    }

    private static string Count(long value) => value.ToString(CultureInfo.InvariantCulture);
}
