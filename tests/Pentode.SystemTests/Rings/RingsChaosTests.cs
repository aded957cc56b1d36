using System.Globalization;
using System.Text.Json;
using Pentode.Testing.Processes;
using Xunit;
using static Pentode.SystemTests.Rings.ChaosHarness;

namespace Pentode.SystemTests.Rings;

/// <summary>
/// Many clients that misbehave in every way and die at any byte, beside one that behaves: of both protocols (tests/rings/ringschaos.c), and of
/// protocol 2 alone with shared memory, rings, chains and multishots (tests/rings/rings2chaos.c). One long round and two short ones, none of which may
/// leave anything behind. A few seconds by default; with PENTODE_LONG=1, as <c>./test --long</c> sets it, 200 clients for 60 seconds.
/// </summary>
public sealed class RingsChaosTests : IDisposable
{
    private const int MostWarmUps = 6;

    private readonly TemporaryDirectory _directory = new();
    private readonly int _clients = IsLong ? 200 : 50;
    private readonly int _seconds = IsLong ? 60 : 4;
    private readonly int _shortSeconds = IsLong ? 8 : 2;

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

        Rounds(harness, program, Arguments, () => Submits(harness), result => Assert.True(result.GetProperty("connections").GetInt64() > _clients, "hardly a client came to its end"));
    }

    [Fact]
    public void Nothing_stays_behind_with_shared_memory()
    {
        var program = Build("rings2chaos.c", _directory["chaos2"]);
        using var daemon = Start();
        var harness = new ChaosHarness(daemon, _directory["s"], _directory["control"]);
        string[] Arguments(int seconds, string seed) =>
            ["--connect", _directory["s"], "--root", _directory["root"], "--clients", Text(_clients), "--threads", "2", "--seconds", Text(seconds), "--seed", seed, "--server", Text(daemon.Id)];

        // Operations and messages, as the client counts them: the statistics of protocol 1 do not have them.
        var work = 0L;
        Rounds(harness, program, Arguments, () => work, result =>
        {
            Assert.True(result.GetProperty("deaths").GetInt64() > _clients, $"hardly a client came to its end: {result}");
            work += result.GetProperty("records").GetInt64() + result.GetProperty("messages").GetInt64() + result.GetProperty("connections").GetInt64();
        });
    }

    private void Rounds(ChaosHarness harness, string program, Func<int, string, string[]> arguments, Func<long> work, Action<JsonElement> look)
    {
        // Code is compiled, and memory for the most that is there at once is taken, as it is first needed: what counts comes when that is over.
        var round = 0;
        do
            look(Run(program, _shortSeconds, arguments(_shortSeconds, Seed())));
        while (harness.IsGrowing() && ++round < MostWarmUps);
        harness.Begin();
        foreach (var seconds in (ReadOnlySpan<int>)[_seconds, _shortSeconds, _shortSeconds])
        {
            var before = work();
            var result = Run(program, seconds, arguments(seconds, Seed()));
            look(result);
            harness.Check(result, work() - before, _clients);
        }

        harness.End();
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
