using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.SystemTests.Rings;

/// <summary>What a daemon under fire is held to: all comes back, and who behaves waits no longer than his fair share.</summary>
internal sealed class ChaosHarness(PentodeProcess daemon, string socket, string control)
{
    private const int PatienceUs = 50_000;
    private const int RestMs = 2_000;

    // The first generation of the daemon's heap, which is collected when it is full (src/Pentode.Cli/Pentode.Cli.csproj): how full it is when a round
    // ends is chance. A long round has a hundred thousand connections; what each of them left behind would show from 200 bytes on.
    private const long RoomKib = 16 << 10;

    private int _descriptors;
    private long _memoryKib;
    private long _processorUs;

    /// <summary>True with <c>./test --long</c>.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("PENTODE_LONG") is "1";

    /// <summary>Builds a program of tests/rings.</summary>
    public static string Build(string source, string target)
    {
        Tool.Require("gcc");
        Tool.Ok(60, "gcc", "-O2", "-pthread", "-o", target, Path.Combine(Root(), "tests/rings", source));
        return target;
    }

    /// <summary>The line a program of chaos prints.</summary>
    public static JsonElement Run(string program, int seconds, params string[] arguments) => JsonDocument.Parse(Tool.Ok(seconds + 120, program, arguments)).RootElement;

    /// <summary>True when the daemon is larger by a mebibyte than it was when asked last.</summary>
    public bool IsGrowing()
    {
        AwaitCalm();
        Thread.Sleep(RestMs);
        var before = _memoryKib;
        _memoryKib = ResidentKib();
        return _memoryKib > before + 1024;
    }

    /// <summary>Remembers how things are with nobody there.</summary>
    public void Begin()
    {
        AwaitCalm();
        Thread.Sleep(RestMs);
        _descriptors = Descriptors();
        _memoryKib = ResidentKib();
        _processorUs = ProcessorUs();
    }

    /// <summary>
    /// Everything is where it was, and nobody waited too long. The fair share is the time in which the server serves each of the others once: its
    /// processor time for each unit of work times clients. Time in which the server or who measures was ready and had no processor is not in what the
    /// program of chaos tells, so that a busy machine is no excuse and no reason to fail.
    /// </summary>
    /// <param name="result">What the program of chaos printed.</param>
    /// <param name="work">Units of work the server did since <see cref="Begin"/> or the last check.</param>
    /// <param name="clients">Clients that misbehaved.</param>
    public void Check(JsonElement result, long work, int clients)
    {
        var share = (ProcessorUs() - _processorUs) / (double)Math.Max(1, work) * clients;
        AwaitCalm();
        Await(() => Descriptors() <= _descriptors, () => $"{Descriptors()} descriptors instead of {_descriptors}");

        // A second after the last client the server gives back what it needed for many.
        Thread.Sleep(RestMs);
        Await(() => ResidentKib() < _memoryKib + RoomKib, () => $"{ResidentKib()} KiB after, {_memoryKib} KiB before");
        var memory = ResidentKib();
        var longest = result.GetProperty("max_us").GetDouble();
        TestContext.Current.TestOutputHelper?.WriteLine($"{result}; fair share {share:f0} us; descriptors {_descriptors}, memory {_memoryKib} and then {memory} KiB");
        Assert.True(longest < share + PatienceUs, $"the client that behaves waited {longest} us, its fair share is {share:f0} us");
        _processorUs = ProcessorUs();
    }

    /// <summary>The daemon ends well and has nothing to report.</summary>
    public void End()
    {
        Assert.Equal(0, daemon.Terminate());
        Assert.DoesNotContain("internal error", daemon.Errors, StringComparison.Ordinal);
    }

    /// <summary>Statistics of protocol 1.</summary>
    public JsonElement Stats() => JsonDocument.Parse(Tool.Ok(30, PentodeProcess.Binary, "rings", "stats", "--json", socket)).RootElement;

    public static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    // The asking client is one itself. Connections of protocol 2 are not in the statistics of 1.12.
    private void AwaitCalm()
    {
        Await(
            () => Stats() is var s && Number(s, "active_clients") == 1 && Number(s, "outstanding_tasks") == 0 && Number(s, "outstanding_credit_tasks") == 0
                && Number(s, "available_credits") == 1023 && Number(s, "registered_files") == 0 && Number(s, "registered_buffers") == 0,
            () => Stats().ToString());
        Await(() => Connections().GetArrayLength() == 0, () => Connections().ToString());
        Await(() => !Maps().Any(), () => string.Join('\n', Maps()));
    }

    private JsonElement Connections() => JsonDocument.Parse(Tool.Ok(30, PentodeProcess.Binary, "status", "--control", control, "--json")).RootElement.GetProperty("connections");

    private IEnumerable<string> Maps() => File.ReadLines($"/proc/{daemon.Id}/maps").Where(l => l.Contains("memfd:chaos", StringComparison.Ordinal));

    private static void Await(Func<bool> condition, Func<string> state)
    {
        for (var since = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(since.Elapsed < TimeSpan.FromSeconds(40), state());
            Thread.Sleep(50);
        }
    }

    private static long Number(JsonElement stats, string name) => stats.GetProperty(name).GetInt64();

    private int Descriptors() => Directory.GetFileSystemEntries($"/proc/{daemon.Id}/fd").Length;

    private long ResidentKib() =>
        long.Parse(File.ReadLines($"/proc/{daemon.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    // utime and stime in ticks of 10 ms.
    private long ProcessorUs()
    {
        var fields = File.ReadAllText($"/proc/{daemon.Id}/stat").Split(") ", 2)[1].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * 10_000;
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
