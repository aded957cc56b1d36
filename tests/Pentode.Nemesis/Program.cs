using System.Globalization;
using Pentode.Nemesis;
using Pentode.Testing.Locks;
using Pentode.Testing.Processes;

// nemesis run [--seconds N] [--locks pentode|naive] [--seed N] [--faults a,b,…] [--nodes N] [--long-hold MS] [--report FILE] [--keep DIR]
// nemesis node …      one worker process, started by run
// nemesis check --keep DIR    the histories of a run that was kept
// nemesis figures [--stores embedded,etcd,postgres] [--rounds N] [--held N] [--waiters N]    what locks cost on each store
if (args.Length == 0)
{
    Console.Error.WriteLine("usage: nemesis run|node|check|figures [--option value]…");
    return 2;
}

var options = new Dictionary<string, string>(StringComparer.Ordinal);
for (var i = 1; i + 1 < args.Length; i += 2)
    options[args[i].TrimStart('-')] = args[i + 1];
string Text(string name, string otherwise) => options.GetValueOrDefault(name, otherwise);
int Number(string name, int otherwise) => options.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

switch (args[0])
{
    case "run":
        var run = new NemesisRun(new NemesisOptions(
            Number("seconds", 60), Text("locks", "pentode"), Number("seed", Environment.TickCount), Text("faults", string.Join(',', NemesisRun.AllFaults)).Split(','),
            Number("nodes", 3), Text("report", ""), Number("long-hold", 8000), Text("keep", "")));
        try
        {
            return await run.RunAsync();
        }
        catch (Exception) when (Leftovers.IsRemoving)
        {
            // Told to stop: another thread takes everything down, and ends this process when it has.
            await Task.Delay(Timeout.Infinite);
            return 143;
        }

    case "node":
        return await WorkerNode.RunAsync(Text("locks", "pentode"), Text("name", "n1"), Text("endpoints", ""), Text("history", ""), Number("seed", 1), Number("long-hold", 8000));
    case "check":
        var histories = Directory.GetFiles(Text("keep", "."), "*.history");
        var report = HistoryChecker.Check([.. histories.SelectMany(HistoryFile.Read)]);
        Console.WriteLine(report);
        return report.IsOk ? 0 : 1;
    case "figures":
        return await Figures.RunAsync(Text("stores", "embedded,etcd,postgres"), Number("rounds", 500), Number("held", 10_000), Number("waiters", 100));
    default:
        Console.Error.WriteLine($"no such command: {args[0]}");
        return 2;
}
