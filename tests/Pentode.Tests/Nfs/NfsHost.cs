using System.Collections.Concurrent;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Files.Exports;
using Pentode.Files.Memory;
using Pentode.Linux;
using Pentode.Nfs.Server;
using Pentode.Tests.NineP;
using Pentode.Tests.Uring;
using Pentode.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>A server on a loop of its own, reached over socket pairs. When it goes it checks that no connection, buffer or operation is left.</summary>
internal sealed class NfsHost : IAsyncDisposable
{
    public const string Path = "/export";

    private readonly bool _ownsVolume;

    public NfsHost(string engine, ITreeBackend? tree = null, NfsServerOptions? options = null, Volume? volume = null)
    {
        Loop = EngineHost.Start(engine, new LoopOptions { Fault = Faults.Enqueue });
        _ownsVolume = volume is null;
        Volume = volume ?? new Volume(Path, tree ?? new MemoryTree(rootMode: 0x1FF), new VolumeOptions { AllowDevices = true });
        Exports = new TestExports(new TreeGrant(Path, 7, Volume, NeedsPrivilegedPort: false));
        Server = new NfsServer([Exports], (options ?? Options) with { Metrics = Metrics, Log = Log });
    }

    public static NfsServerOptions Options { get; } = new() { HandleKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)], Port = 2049 };

    public IoLoop Loop { get; }

    public ConcurrentQueue<Exception> Faults { get; } = new();

    public NfsServer Server { get; }

    public Volume Volume { get; }

    public TestExports Exports { get; }

    public MetricsRegistry Metrics { get; } = new();

    public LogRecorder Log { get; } = new();

    public long Metric(string name) => Metrics.Snapshot().First(p => p.Key == name).Value;

    /// <summary>A client that has said nothing yet.</summary>
    public NfsPeer Connect(string peer = "127.0.0.1:900", uint uid = 0)
    {
        var (ours, theirs) = Sockets.Pair();
        Loop.Post(_ => Server.Serve(Loop, theirs, peer));
        return new NfsPeer(ours) { Uid = uid, Gid = uid };
    }

    /// <summary>A client that knows the handle of the export.</summary>
    public NfsPeer Mounted(uint uid = 0, string peer = "127.0.0.1:900")
    {
        var client = Connect(peer, uid);
        client.Root = client.Mount(Path);
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

    public async ValueTask DisposeAsync()
    {
        await Server.DrainAsync(TimeSpan.FromSeconds(5));
        ServerHost.Until(() => Server.Sessions.Count == 0, "the end of all connections");
        ServerHost.Until(() => OnLoop(() => Loop.Buffers.RentedBytes) == 0, "the return of all buffers");
        await Loop.StopAsync();
        if (_ownsVolume)
            await Volume.DisposeAsync();
        Assert.Empty(Faults);
    }
}
