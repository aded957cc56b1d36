using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Rings;

/// <summary>
/// Many clients that misbehave in every way and die at any byte (tests/rings/ringschaos.c), beside one that behaves. Short by default;
/// with PENTODE_LONG=1, as <c>./test --long</c> sets it, 200 clients for 60 seconds.
/// </summary>
public sealed class RingsChaosTests : IDisposable
{
    private const int Patience = 50_000;
    private const long RoomKib = 32 << 10;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Nothing_stays_behind_and_nobody_else_waits()
    {
        Tool.Require("gcc");
        var isLong = Environment.GetEnvironmentVariable("PENTODE_LONG") is "1";
        var (clients, seconds) = isLong ? (200, 60) : (50, 4);
        var chaos = _directory["chaos"];
        Tool.Ok(60, "gcc", "-O2", "-pthread", "-o", chaos, Path.Combine(Root(), "tests/rings/ringschaos.c"));
        var socket = _directory["s"];
        var root = Directory.CreateDirectory(_directory["root"]).FullName;
        using var daemon = PentodeProcess.Start(
            "rings", "serve", socket, "--control", _directory["control"], "--root", root, "--ring-entries", "1024", "--max-clients", "256", "--per-client-credits", "4");

        // Code is compiled and memory taken as it is first used: what counts comes after.
        Chaos(daemon, chaos, socket, clients, 2, seed: 1);
        AwaitCalm(socket);
        AwaitAlone(_directory["control"]);
        var descriptors = Descriptors(daemon.Id);
        var memory = ResidentKib(daemon.Id);
        var processor = ProcessorUsec(daemon.Id);
        var submits = Submits(socket);

        var result = Chaos(daemon, chaos, socket, clients, seconds, seed: (uint)Environment.TickCount);
        AwaitCalm(socket);
        AwaitAlone(_directory["control"]);
        AwaitDescriptors(daemon.Id, descriptors);
        var after = ResidentKib(daemon.Id);
        Assert.True(after < memory + RoomKib, $"{after} KiB after, {memory} KiB before");

        // The fair share: the time in which the server serves each of the others once.
        var share = (ProcessorUsec(daemon.Id) - processor) / (double)(Submits(socket) - submits) * clients;
        var longest = result.GetProperty("max_us").GetDouble();
        TestContext.Current.TestOutputHelper?.WriteLine($"{result}; fair share {share:f0} us; descriptors {descriptors}, memory {memory} and then {after} KiB");
        Assert.True(result.GetProperty("connections").GetInt64() > clients, "hardly a client came to its end");
        Assert.True(longest < share + Patience, $"the client that behaves waited {longest} us, its fair share is {share:f0} us");
        Assert.Equal(0, daemon.Terminate());
        Assert.DoesNotContain("internal error", daemon.Errors, StringComparison.Ordinal);
    }

    private static JsonElement Chaos(PentodeProcess daemon, string program, string socket, int clients, int seconds, uint seed)
    {
        var output = Tool.Ok(seconds + 120, program, "--connect", socket, "--clients", Text(clients), "--seconds", Text(seconds), "--seed", seed.ToString(CultureInfo.InvariantCulture),
            "--server", Text(daemon.Id), "--second", "1");
        return JsonDocument.Parse(output).RootElement;
    }

    private static JsonElement Stats(string socket) => JsonDocument.Parse(Tool.Ok(30, PentodeProcess.Binary, "rings", "stats", "--json", socket)).RootElement;

    private static long Submits(string socket) => Stats(socket) is var s ? s.GetProperty("accepted_submits").GetInt64() + s.GetProperty("rejected_submits").GetInt64() : 0;

    // The asking client is one itself.
    private static void AwaitCalm(string socket)
    {
        for (var since = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            var s = Stats(socket);
            if (Number(s, "active_clients") == 1 && Number(s, "outstanding_tasks") == 0 && Number(s, "outstanding_credit_tasks") == 0 && Number(s, "available_credits") == 1023
                && Number(s, "registered_files") == 0 && Number(s, "registered_buffers") == 0)
                return;
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(40), s.ToString());
            Thread.Sleep(50);
        }
    }

    // Connections of protocol 2 are not in the statistics of 1.12.
    private static void AwaitAlone(string control)
    {
        for (var since = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            var connections = JsonDocument.Parse(Tool.Ok(30, PentodeProcess.Binary, "status", "--control", control, "--json")).RootElement.GetProperty("connections");
            if (connections.GetArrayLength() == 0)
                return;
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(40), connections.ToString());
            Thread.Sleep(50);
        }
    }

    private static long Number(JsonElement stats, string name) => stats.GetProperty(name).GetInt64();

    private static int Descriptors(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    private static void AwaitDescriptors(int process, int most)
    {
        for (var since = System.Diagnostics.Stopwatch.StartNew(); Descriptors(process) > most;)
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(20), $"{Descriptors(process)} descriptors instead of {most}");
            Thread.Sleep(20);
        }
    }

    private static long ResidentKib(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    // utime and stime in ticks of 10 ms.
    private static long ProcessorUsec(int process)
    {
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(") ", 2)[1].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * 10_000;
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
