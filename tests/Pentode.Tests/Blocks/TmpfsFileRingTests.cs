using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class TmpfsFileRingTests() : BlockConformance("ring")
{
    protected override IBlockBackend Create(long size) => ScratchFile.Open("/dev/shm", size);
}
