using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Pentode.Cli.Commands.Blocks;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Rings.Client;

namespace Pentode.Cli.Commands.Rings;

/// <summary><c>pentode rings nop SOCKET</c>.</summary>
internal static class RingsNopCommand
{
    private const int MostOperations = 10_000_000;
    private const int MostPipeline = 1024;

    private const string Examples = """
          pentode rings nop /run/rings.sock
          pentode rings nop --count 100000 --pipeline 32 /run/rings.sock
        """;

    public static Command Create(CommonOptions common)
    {
        var socket = RingsRunner.Socket();
        var json = RingsRunner.Json();
        var count = new Option<int>("--count") { Description = $"Operations, 1 to {MostOperations}; 1 by default.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var pipeline = new Option<int>("--pipeline") { Description = "Operations under way at once; 1 by default. The server's credits bound it too.", HelpName = "N", DefaultValueFactory = _ => 1 };
        UsageProblems.RequireNumber(count, 1, MostOperations);
        UsageProblems.RequireNumber(pipeline, 1, MostPipeline);
        var command = new DocumentedCommand("nop", "Sends operations that do nothing; shows their rate and latency.", Examples) { socket, json, count, pipeline };
        command.SetAction((parsed, _) => RingsRunner.RunAsync(common, parsed, parsed.GetValue(socket)!, async client =>
        {
            var run = new Run(client, parsed.GetValue(count));
            var error = await run.RunAsync(parsed.GetValue(pipeline)).ConfigureAwait(true);
            if (error != Errno.None)
                return RingsRunner.Report(client, "nop", error);
            if (parsed.GetValue(json))
                await WriteJsonAsync(run, parsed.GetValue(pipeline)).ConfigureAwait(true);
            else
                Write(run);
            return ExitCode.Ok;
        }));
        return command;
    }

    private static void Write(Run run)
    {
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Count} operations in {run.Seconds:0.000} s: {run.Count / run.Seconds:0} per second"));
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"latency in microseconds: p50 {run.Usec(0.5):0.0}, p90 {run.Usec(0.9):0.0}, p99 {run.Usec(0.99):0.0}, max {run.Usec(1):0.0}"));
        if (run.Refusals > 0)
            Console.Out.WriteLine($"sent again for want of credits: {run.Refusals}");
    }

    private static Task WriteJsonAsync(Run run, int pipeline) => ExportText.WriteJsonAsync(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("operations", run.Count);
        json.WriteNumber("pipeline", pipeline);
        json.WriteNumber("seconds", run.Seconds);
        json.WriteNumber("operations_per_second", run.Count / run.Seconds);
        json.WriteNumber("latency_p50_usec", run.Usec(0.5));
        json.WriteNumber("latency_p90_usec", run.Usec(0.9));
        json.WriteNumber("latency_p99_usec", run.Usec(0.99));
        json.WriteNumber("latency_max_usec", run.Usec(1));
        json.WriteNumber("sent_again", run.Refusals);
        json.WriteEndObject();
    });

    private sealed class Run(RingsClient client, int count)
    {
        private readonly long[] _ticks = new long[count];
        private int _started;
        private Errno _error;

        public int Count => count;

        public double Seconds { get; private set; }

        public long Refusals => client.Refusals;

        public async Task<Errno> RunAsync(int pipeline)
        {
            var from = Stopwatch.GetTimestamp();
            var workers = new Task[Math.Min(pipeline, count)];
            for (var i = 0; i < workers.Length; i++)
                workers[i] = WorkAsync();
            await Task.WhenAll(workers).ConfigureAwait(true);
            Seconds = Math.Max(Stopwatch.GetElapsedTime(from).TotalSeconds, 1e-9);
            Array.Sort(_ticks);
            return _error;
        }

        public double Usec(double share) => _ticks[Math.Min((int)(share * count), count - 1)] * 1e6 / Stopwatch.Frequency;

        private async Task WorkAsync()
        {
            while (_error == Errno.None && _started < count)
            {
                var index = _started++;
                var from = Stopwatch.GetTimestamp();
                var result = await client.Nop().ConfigureAwait(true);
                _ticks[index] = Stopwatch.GetTimestamp() - from;
                if (!result.IsOk)
                    _error = result.Error;
            }
        }
    }
}
