using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Core;
using Pentode.Tests.Nbd;

namespace Pentode.Tests.Blocks;

/// <summary>A backend with a bug does not keep its export from being counted and disposed.</summary>
public sealed class ExportFaultTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatABackendThrowsIsInTheTaskAndTheCallEnds(bool isLate)
    {
        var export = new BlockExport("e", new ThrowingBackend(new MemoryBackend(4096)) { Throws = true, IsLate = isLate });
        var buffer = new byte[512];
        foreach (var call in new Func<ValueTask<Errno>>[]
        {
            () => export.Read(buffer, 0),
            () => export.Write(buffer, 0, fua: false),
            () => export.Flush(),
            () => export.Zero(0, 512, 0),
            () => export.Trim(0, 512, fua: false),
            () => export.Cache(0, 512),
            () => export.Extents(0, 512, 1, []),
        })
        {
            var task = call();
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await task);
        }

        Assert.Equal((7L, 7L), (export.Operations, export.Errors));
        await export.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }
}
