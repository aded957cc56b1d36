using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Linux;
using Pentode.Nbd.Client;
using Pentode.Nbd.Server;
using Pentode.Uring;

namespace Pentode.Tests.Nbd.Client;

/// <summary>Our server over disks in memory, on a loop of its own and a TCP port of the kernel's choice.</summary>
internal sealed class ServerFixture : IAsyncDisposable, IAcceptSink
{
    public const long DiskBytes = 64 << 20;

    private readonly List<BlockExport> _exports = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _listener;
    private readonly bool _oldStyle;

    public ServerFixture(string engine, NbdServerOptions? options = null, BlockExportOptions? first = null, IBlockBackend? backend = null, bool oldStyle = false)
    {
        _exports.Add(new BlockExport("disk", backend ?? new MemoryBackend(DiskBytes), first ?? new BlockExportOptions { Description = "a disk" }));
        _exports.Add(new BlockExport("second", new MemoryBackend(12345)));
        _oldStyle = oldStyle;
        Server = new NbdServer(_exports, options ?? new NbdServerOptions());
        Loop = LoopFactory.Create(engine, new LoopOptions { Name = "nbd-server" });
        Loop.Start();
        _listener = Sockets.ListenTcp("127.0.0.1", 0).Value;
        Loop.Post(_ => Loop.Accept(_listener, this));
    }

    public IoLoop Loop { get; }

    public NbdServer Server { get; }

    public NbdUri Uri => NbdUri.Tcp("127.0.0.1", Sockets.LocalPort(_listener), "disk");

    public void OnAccepted(int socket) => Server.Serve(Loop, socket, "test", _oldStyle ? _exports[0] : null);

    public void OnAcceptEnded(int result) => _ended.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Loop.Post(_ => Loop.StopAccepting(_listener));
        await _ended.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await Server.DrainAsync(TimeSpan.FromSeconds(5));
        await Loop.StopAsync();
        FileCalls.Close(_listener);
        foreach (var export in _exports)
            await export.DisposeAsync();
    }
}
