using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Nbd.Client;

public sealed class NbdBackendNoneTests() : BlockConformance(null)
{
    protected override IBlockBackend Create(long size) => new RemoteMemory("ring", size);
}
