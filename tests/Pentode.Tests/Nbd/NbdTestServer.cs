using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Nbd.Server;
using Pentode.Uring;

namespace Pentode.Tests.Nbd;

/// <summary>A real server on one loop; clients come over socket pairs.</summary>
internal sealed class NbdTestServer : IAsyncDisposable
{
    public const int DiskBytes = 1 << 20;

    private readonly BlockExport[] _exports;

    public NbdTestServer(string engine, NbdServerOptions? options = null, params BlockExport[] exports)
    {
        _exports = exports.Length > 0 ? exports : [new BlockExport("disk", new MemoryBackend(DiskBytes), new BlockExportOptions { Description = "words" })];
        Server = new NbdServer(_exports, (options ?? new NbdServerOptions()) with { Log = Log, Metrics = Metrics });
        Loop = LoopFactory.Create(engine, new LoopOptions { Name = "nbd-test", Fault = e => Log.Write(LogLevel.Error, "fault: " + e) });
        Loop.Start();
    }

    public RecordingLog Log { get; } = new();

    public MetricsRegistry Metrics { get; } = new();

    public NbdServer Server { get; }

    public IoLoop Loop { get; }

    public long Violations => Metrics.Counter("pentode.nbd.violations", "").Value;

    public RawNbdClient Connect(BlockExport? oldStyle = null)
    {
        var (a, b) = Sockets.Pair();
        Loop.Post(_ => Server.Serve(Loop, a, "test", oldStyle));
        return new RawNbdClient(b);
    }

    /// <summary>Runs a function on the loop.</summary>
    public Task<T> OnLoop<T>(Func<T> function)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(_ => done.SetResult(function()));
        return done.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Waits for something that must come about.</summary>
    public static async Task Eventually(Func<bool> condition, string what)
    {
        for (var start = Environment.TickCount64; !condition(); await Task.Delay(5))
            Xunit.Assert.True(Environment.TickCount64 - start < 30000, "did not come about: " + what);
    }

    /// <summary>Waits until every connection is gone, then checks that everything borrowed was given back.</summary>
    public async Task AssertClean()
    {
        await Eventually(() => Server.Sessions.Count == 0, "no connections");
        await Eventually(() => OnLoop(() => Loop.Buffers.RentedBytes).GetAwaiter().GetResult() == 0, "all buffers back");
        Xunit.Assert.Empty(Log.At(LogLevel.Error));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DrainAsync(TimeSpan.FromSeconds(2));
        await Loop.StopAsync();
        foreach (var export in _exports)
            await export.DisposeAsync();
    }
}
