using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Nbd.Client;

public sealed class NbdBackendRingTests() : BlockConformance("ring")
{
    protected override IBlockBackend Create(long size) => new RemoteMemory("ring", size);
}
