using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class MemoryBackendPortableTests() : BlockConformance("portable")
{
    protected override IBlockBackend Create(long size) => new Pentode.Blocks.Memory.MemoryBackend(size);
}
