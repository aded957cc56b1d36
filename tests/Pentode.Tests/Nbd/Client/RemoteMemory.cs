using Pentode.Blocks;
using Pentode.Core;
using Pentode.Nbd.Client;
using Pentode.Uring;

namespace Pentode.Tests.Nbd.Client;

/// <summary>A disk in memory behind our server behind our client: two loops, one connection each.</summary>
internal sealed class RemoteMemory : IBlockBackend
{
    private readonly ServerFixture _server;
    private readonly IoLoop[] _loops;
    private readonly NbdBackend _backend;

    public RemoteMemory(string engine, long size)
    {
        _server = new ServerFixture(engine, backend: new Pentode.Blocks.Memory.MemoryBackend(size));
        _loops = [.. Enumerable.Range(0, 2).Select(i => LoopFactory.Create(engine, new LoopOptions { Name = $"remote-{i}" }))];
        foreach (var loop in _loops)
            loop.Start();
        var (backend, problem) = NbdBackend.ConnectAsync(_loops, _server.Uri).GetAwaiter().GetResult();
        _backend = backend ?? throw new InvalidOperationException(problem!.Message);
    }

    public BlockInfo Info => _backend.Info;

    public ValueTask<Errno> Read(Memory<byte> buffer, long offset) => _backend.Read(buffer, offset);

    public ValueTask<Errno> Write(ReadOnlyMemory<byte> buffer, long offset, bool fua) => _backend.Write(buffer, offset, fua);

    public ValueTask<Errno> Flush() => _backend.Flush();

    public ValueTask<Errno> Zero(long offset, long length, ZeroFlags flags) => _backend.Zero(offset, length, flags);

    public ValueTask<Errno> Trim(long offset, long length, bool fua) => _backend.Trim(offset, length, fua);

    public ValueTask<Errno> Cache(long offset, long length) => _backend.Cache(offset, length);

    public ValueTask<Errno> Extents(long offset, long length, int maxExtents, List<BlockExtent> extents) => _backend.Extents(offset, length, maxExtents, extents);

    public async ValueTask DisposeAsync()
    {
        await _backend.DisposeAsync();
        foreach (var loop in _loops)
            await loop.StopAsync();
        await _server.DisposeAsync();
    }
}
