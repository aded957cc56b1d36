using System.Diagnostics;
using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Postgres;
using Pentode.Names.Stores.Sqlite;

namespace NamesLoad;

/// <summary>
/// Loads a catalog store through its interface: creates, lookups, listings. Usage: NamesLoad sqlite FILE | postgres CONNECTION [--operations N] [--entries N] [--parallel N] [--relaxed].
/// The store must be new. Commits are durable unless --relaxed.
/// </summary>
public static class Program
{
    public static async Task<int> Main(string[] arguments)
    {
        if (arguments.Length < 2)
        {
            Console.Error.WriteLine("usage: NamesLoad sqlite FILE | postgres CONNECTION [--operations N] [--entries N] [--parallel N] [--relaxed]");
            return 2;
        }

        var options = new CatalogOptions { IsRelaxed = arguments.Contains("--relaxed") };
        var operations = Number(arguments, "--operations", 20_000);
        var entries = Number(arguments, "--entries", 0);
        var parallel = Number(arguments, "--parallel", 64);
        await using var store = arguments[0] == "sqlite"
            ? await SqliteCatalog.Open(arguments[1], options, NullLog.Instance)
            : await PostgresCatalog.Open(arguments[1], options, NullLog.Instance);

        var one = await Directory(store, "one");
        await Measure("create, one directory", operations, parallel, i => Create(store, one, i));
        await Measure("create, depth 1", Math.Min(operations, 1000), 1, i => Create(store, one, operations + i));
        var many = new long[64];
        for (var i = 0; i < many.Length; i++)
            many[i] = await Directory(store, "many" + i);
        await Measure("create, 64 directories", operations, parallel, i => Create(store, many[i % 64], i));
        await Measure("lookup, one directory", operations, parallel, async i => Check((await store.Lookup(one, Name(i))).Error));
        await Measure("lookup, 64 directories", operations, parallel, async i => Check((await store.Lookup(many[i % 64], Name(i))).Error));
        await Measure("lookup, depth 1", Math.Min(operations, 5000), 1, async i => Check((await store.Lookup(one, Name(i))).Error));
        await List(store, "list, one directory (entries)", [one]);
        await List(store, "list, 64 directories (entries)", many);
        await Measure("remove, one directory", operations / 2, parallel, async i => Check((await store.Remove(default, one, Name(i))).Error));
        if (entries == 0)
            return 0;

        var big = await Directory(store, "big");
        await Measure($"load {entries} entries", entries, 1000, i => Create(store, big, i));
        var watch = Stopwatch.StartNew();
        await store.List(big, 0, 1);
        Row("first entry of the listing", $"{watch.Elapsed.TotalMilliseconds:F2} ms");
        await List(store, "list it (entries)", [big]);
        await Measure("lookup in it", operations, parallel, async i => Check((await store.Lookup(big, Name((int)(i * 7919L % entries)))).Error));
        GC.Collect();
        foreach (var line in await File.ReadAllLinesAsync("/proc/self/status"))
        {
            if (line.StartsWith("RssAnon", StringComparison.Ordinal) || line.StartsWith("RssFile", StringComparison.Ordinal))
                Row("memory, " + line.Split(':')[0], line.Split(':')[1].Trim());
        }

        Row("stored", $"{(await store.GetStatistics()).Value.StoredBytes >> 20} MiB");
        return 0;
    }

    private static int Number(string[] arguments, string name, int value) =>
        Array.IndexOf(arguments, name) is >= 0 and var at ? int.Parse(arguments[at + 1], CultureInfo.InvariantCulture) : value;

    private static byte[] Name(int i) => Encoding.ASCII.GetBytes("file-" + i.ToString("D8", CultureInfo.InvariantCulture));

    private static async Task<long> Directory(CatalogStore store, string name) =>
        (await store.Create(default, CatalogInode.RootNumber, Encoding.ASCII.GetBytes(name), new NewObject { Mode = 0x41ED })).Value.Number;

    private static async Task Create(CatalogStore store, long parent, int i) => Check((await store.Create(new CatalogRequest(Credentials.Root), parent, Name(i), new NewObject { Mode = 0x81A4 })).Error);

    private static void Check(Errno error)
    {
        if (error != Errno.None)
            throw new InvalidOperationException(error.ToString());
    }

    private static async Task Measure(string what, int count, int parallel, Func<int, Task> operation)
    {
        var next = -1;
        var cpu = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(async () =>
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < count)
                await operation(i);
        })));
        Row(what, $"{count / watch.Elapsed.TotalSeconds:F0}/s, {(Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count:F1} us CPU each");
    }

    private static async Task List(CatalogStore store, string what, long[] directories)
    {
        var watch = Stopwatch.StartNew();
        var count = 0;
        foreach (var directory in directories)
        {
            for (var after = 0L; ;)
            {
                var page = (await store.List(directory, after, 1024)).Value;
                count += page.Entries.Count;
                if (page.IsLast)
                    break;
                after = page.Entries[^1].Cookie;
            }
        }

        Row(what, $"{count / watch.Elapsed.TotalSeconds:F0}/s");
    }

    private static void Row(string what, string value) => Console.WriteLine($"{what,-34} {value}");
}
