using Pentode.Blocks;
using Pentode.Testing.Blocks;

namespace Pentode.Tests.Blocks;

public sealed class DevicePortableTests() : BlockConformance("portable")
{
    protected override bool HasHoles => false;

    protected override IBlockBackend Create(long size) => Disks.OnDevice(size);
}
