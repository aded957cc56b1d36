using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class DiskFileRingTests() : BlockConformance("ring")
{
    protected override IBlockBackend Create(long size) => ScratchFile.Open("/var/tmp", size);
}
