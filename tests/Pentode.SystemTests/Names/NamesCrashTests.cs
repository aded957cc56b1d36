using System.Diagnostics;
using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Names;

/// <summary>
/// A change that was acknowledged stays, one that was not is done once when it is sent again, whatever was killed in between. Short here; <c>tests/names/crash</c> runs a thousand kills and more.
/// </summary>
public sealed class NamesCrashTests
{
    private static readonly int s_long = int.Parse(Environment.GetEnvironmentVariable("PENTODE_KILLS") ?? (Environment.GetEnvironmentVariable("PENTODE_LONG") is null ? "0" : "1000"), System.Globalization.CultureInfo.InvariantCulture);
    private static readonly int s_seed = int.Parse(Environment.GetEnvironmentVariable("PENTODE_SEED") ?? "1", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task The_daemon_killed_on_sqlite()
    {
        using var names = new CrashedNames(s_seed);
        await Kill(names, s_long > 0 ? s_long : 15, names.KillDaemon);
    }

    [Fact]
    public async Task The_daemon_killed_on_postgres()
    {
        PostgresServer.Require();
        using var postgres = PostgresServer.Start();
        using var names = new CrashedNames(s_seed + 1, postgres);
        await Kill(names, s_long > 0 ? s_long * 8 / 10 : 6, names.KillDaemon);
    }

    [Fact]
    public async Task Postgres_killed_under_the_daemon()
    {
        PostgresServer.Require();
        using var postgres = PostgresServer.Start();

        // Version 2 has no answer for "later", only silence.
        using var names = new CrashedNames(s_seed + 2, postgres, hasVersion2: false);
        await Kill(names, s_long > 0 ? s_long * 2 / 10 : 3, names.KillDatabase, isDatabase: true);
    }

    private static async Task Kill(CrashedNames names, int kills, Func<Task> kill, bool isDatabase = false)
    {
        var watch = Stopwatch.StartNew();
        await names.Prepare();
        for (var i = 0; i < kills; i++)
            await kill();
        await names.Finish();
        Assert.True(names.Kills == kills && (names.Answered > 0 & (isDatabase || names.Retried > 0 || kills < 10)), $"{names.Answered} calls answered, {names.Retried} sent again");
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills in {watch.Elapsed.TotalSeconds:F0} s: {names.Answered} calls answered, {names.Retried} of them sent again after a kill, {names.Postponed} after \"later\"");
    }
}
