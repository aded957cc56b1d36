using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class DiskFileNoneTests() : BlockConformance(null)
{
    protected override IBlockBackend Create(long size) => ScratchFile.Open("/var/tmp", size);
}
