using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Nbd.Client;

public sealed class NbdBackendPortableTests() : BlockConformance("portable")
{
    protected override IBlockBackend Create(long size) => new RemoteMemory("portable", size);
}
