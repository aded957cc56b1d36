using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class RamfsRingTests() : BlockConformance("ring")
{
    protected override bool HasHoles => false;

    protected override IBlockBackend Create(long size) => Disks.OnRamfs(size);
}
