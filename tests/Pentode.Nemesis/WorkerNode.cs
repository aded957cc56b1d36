using System.Runtime.InteropServices;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Sessions;
using Pentode.Locks.Stores.Etcd;
using Pentode.Testing.Locks;

namespace Pentode.Nemesis;

/// <summary>One node: works until SIGTERM, then writes its counts.</summary>
internal static class WorkerNode
{
    /// <summary>Times of the runs: short, but with room for a change of etcd's leader.</summary>
    public static SessionTiming Timing { get; } = new(700, 4000, 6000);

    public static async Task<int> RunAsync(string kind, string name, string endpoints, string history, int seed, int longHoldMs)
    {
        using var stop = new CancellationTokenSource();
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        var log = new ConsoleLog(name);
        var options = new EtcdOptions { Endpoints = [.. endpoints.Split(',').Select(e => new Uri(e))] };
        using var file = new HistoryFile(history);
        await using var store = new EtcdLockStore(options, log);
        await using IWorkerLocks locks = kind == "naive"
            ? new NaiveWorkerLocks(options, "/naive/")
            : await PentodeWorkerLocks.StartAsync(store, "nemesis", name, Timing, log);
        Console.WriteLine("ready");
        await new LockWorker(locks, file, new LockWorkerOptions(name, seed, LongHoldMs: longHoldMs, TimeoutMs: kind == "naive" ? 30_000 : 120_000)).RunAsync(stop.Token);
        if (locks is PentodeWorkerLocks { Counters: var c })
            Console.WriteLine($"counts cached={c.Cached.Value} waits={c.Waits.Value} recalls={c.Recalls.Value} conflicts={c.Conflicts.Value} round_trips={c.RoundTrips.Value} lost={c.Lost.Value} sessions_lost={c.SessionsLost.Value} certified={c.Certified.Value} reaped={c.Reaped.Value}");
        return 0;
    }

    private sealed class ConsoleLog(string name) : ILog
    {
        public bool IsEnabled(LogLevel level) => level >= LogLevel.Info;

        public void Write(LogLevel level, string message)
        {
            if (IsEnabled(level))
                Console.WriteLine($"{Pentode.Linux.ClockCalls.BootTimeNanoseconds() / 1_000_000} {name} {level}: {message}");
        }
    }
}
