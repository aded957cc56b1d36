using System.Collections.Concurrent;
using System.Diagnostics;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Files.Memory;
using Pentode.Linux;
using Pentode.NineP.Server;
using Pentode.Tests.Uring;
using Pentode.Uring;
using Xunit;

namespace Pentode.Tests.NineP;

/// <summary>A server on a loop of its own, reached over socket pairs. When it goes it checks that no connection, buffer or operation is left.</summary>
internal sealed class ServerHost : IAsyncDisposable
{
    public ServerHost(string engine, NinePServerOptions? options = null, ITreeBackend? tree = null, params NinePExport[] more)
    {
        Loop = EngineHost.Start(engine, new LoopOptions { Fault = Faults.Enqueue });
        Volume = new Volume("/export", tree ?? new MemoryTree());
        Server = new NinePServer([new NinePExport("/export", Volume), .. more], (options ?? new NinePServerOptions()) with { Metrics = Metrics, Log = Log });
    }

    public IoLoop Loop { get; }

    /// <summary>What reached the loop; a test that provokes faults takes them out.</summary>
    public ConcurrentQueue<Exception> Faults { get; } = new();

    public NinePServer Server { get; }

    public Volume Volume { get; }

    public MetricsRegistry Metrics { get; } = new();

    public LogRecorder Log { get; } = new();

    public long Metric(string name) => Metrics.Snapshot().First(p => p.Key == name).Value;

    /// <summary>A client that has said nothing yet.</summary>
    public RawClient Connect(string peer = "test")
    {
        var (ours, theirs) = Sockets.Pair();
        Loop.Post(_ => Server.Serve(Loop, theirs, peer));
        return new RawClient(ours);
    }

    /// <summary>A client with fid 0 on an export.</summary>
    public RawClient Ready(string aname = "", uint msize = 65536, uint uid = 0)
    {
        var client = Connect();
        client.Handshake(msize, aname, uid);
        return client;
    }

    /// <summary>Runs on the loop.</summary>
    public T OnLoop<T>(Func<T> body)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(_ => done.SetResult(body()));
        Assert.True(done.Task.Wait(EngineHost.Limit), "the loop does not run");
        return done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Waits until that holds.</summary>
    public static void Until(Func<bool> holds, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(clock.Elapsed < EngineHost.Limit, $"waited in vain for: {what}");
            Thread.Sleep(2);
        }
    }

    /// <summary>Waits until no connection is left and everything they held is back.</summary>
    public void UntilIdle()
    {
        Until(() => Server.Sessions.Count == 0, "the end of all connections");
        Until(() => OnLoop(() => Loop.Buffers.RentedBytes) == 0, "the return of all buffers");
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DrainAsync(TimeSpan.FromSeconds(5));
        UntilIdle();
        await Loop.StopAsync();
        await Volume.DisposeAsync();
        Assert.Empty(Faults);
    }
}
