using System.Globalization;
using Pentode.Testing.Processes;
using Xunit;
using static Pentode.SystemTests.Rings.ChaosHarness;

namespace Pentode.SystemTests.Rings;

/// <summary>
/// Many clients that misbehave in every way and die at any byte, beside one that behaves: of both protocols (tests/rings/ringschaos.c), and of
/// protocol 2 alone with shared memory, rings, chains and multishots (tests/rings/rings2chaos.c). Short by default; with PENTODE_LONG=1, as
/// <c>./test --long</c> sets it, 200 clients for 60 seconds.
/// </summary>
public sealed class RingsChaosTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly int _clients = IsLong ? 200 : 50;
    private readonly int _seconds = IsLong ? 60 : 4;

    // Clients gave files names that are no text.
    public void Dispose()
    {
        Tool.Ok(30, "rm", "-rf", _directory["root"]);
        _directory.Dispose();
    }

    [Fact]
    public void Nothing_stays_behind_and_nobody_else_waits()
    {
        var program = Build("ringschaos.c", _directory["chaos"]);
        using var daemon = Start();
        var harness = new ChaosHarness(daemon, _directory["s"], _directory["control"]);
        string[] Arguments(int seconds, string seed) =>
            ["--connect", _directory["s"], "--clients", Text(_clients), "--seconds", Text(seconds), "--seed", seed, "--server", Text(daemon.Id), "--second", "1"];

        // Code is compiled and memory taken as it is first used: what counts comes after.
        Run(program, 2, Arguments(2, "1"));
        harness.Begin();
        var before = Submits(harness);
        var result = Run(program, _seconds, Arguments(_seconds, Seed()));
        var work = Submits(harness) - before;
        Assert.True(result.GetProperty("connections").GetInt64() > _clients, "hardly a client came to its end");
        harness.End(result, work, _clients);
    }

    // Known to stall for up to 0.4 s about once in twenty seconds, see docs/reference/rings.md.
    private const int MostStallUs = 1_000_000;

    [Fact]
    public void Nothing_stays_behind_with_shared_memory()
    {
        var program = Build("rings2chaos.c", _directory["chaos2"]);
        using var daemon = Start();
        var harness = new ChaosHarness(daemon, _directory["s"], _directory["control"]);
        string[] Arguments(int seconds, string seed) =>
            ["--connect", _directory["s"], "--root", _directory["root"], "--clients", Text(_clients), "--threads", "2", "--seconds", Text(seconds), "--seed", seed, "--server", Text(daemon.Id)];

        // Memory follows the most that was ever there at once: twice as long before as then.
        Run(program, 2 * _seconds, Arguments(2 * _seconds, "1"));
        harness.Begin();
        var result = Run(program, _seconds, Arguments(_seconds, Seed()));
        Assert.True(result.GetProperty("deaths").GetInt64() > 50 * _seconds, $"hardly a client came to its end: {result}");
        harness.End(result, result.GetProperty("records").GetInt64() + result.GetProperty("messages").GetInt64() + result.GetProperty("connections").GetInt64(), _clients, MostStallUs);
    }

    private PentodeProcess Start()
    {
        var root = Directory.CreateDirectory(_directory["root"]).FullName;
        return PentodeProcess.Start(
            "rings", "serve", _directory["s"], "--control", _directory["control"], "--root", root, "--ring-entries", "1024", "--max-clients", "256", "--per-client-credits", "4");
    }

    private static string Seed() => ((uint)Environment.TickCount).ToString(CultureInfo.InvariantCulture);

    private static long Submits(ChaosHarness harness) =>
        harness.Stats() is var s ? s.GetProperty("accepted_submits").GetInt64() + s.GetProperty("rejected_submits").GetInt64() : 0;
}
