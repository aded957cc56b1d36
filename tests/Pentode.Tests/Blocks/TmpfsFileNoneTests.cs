using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class TmpfsFileNoneTests() : BlockConformance(null)
{
    protected override IBlockBackend Create(long size) => ScratchFile.Open("/dev/shm", size);
}
