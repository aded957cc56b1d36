using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class MemoryBackendNoneTests() : BlockConformance(null)
{
    protected override IBlockBackend Create(long size) => new Pentode.Blocks.Memory.MemoryBackend(size);
}
