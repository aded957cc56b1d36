using Pentode.Blocks;
using Pentode.Blocks.Guarded;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class GuardedFileRingTests() : BlockConformance("ring")
{
    protected override IBlockBackend Create(long size) => new GuardedBackend(ScratchFile.Open("/var/tmp", size), new SwitchGuard());
}
