using Pentode.Blocks;
using Pentode.Blocks.Guarded;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class GuardedFilePortableTests() : BlockConformance("portable")
{
    protected override IBlockBackend Create(long size) => new GuardedBackend(ScratchFile.Open("/var/tmp", size), new SwitchGuard());
}
