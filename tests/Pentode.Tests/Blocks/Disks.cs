using Pentode.Blocks;
using Pentode.Blocks.File;

namespace Pentode.Tests.Blocks;

/// <summary>Backends on more unusual ground.</summary>
internal static class Disks
{
    /// <summary>A loop device over a nameless file.</summary>
    public static IBlockBackend OnDevice(long size)
    {
        var path = Path.Combine("/var/tmp", $"pentode-{Guid.NewGuid():N}");
        try
        {
            using (var stream = File.Create(path))
                stream.SetLength(size);
            var device = new LoopDevice(path);
            return new OwningBackend(FileBackend.Open(device.Path, readOnly: false).Value!, device);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>A file on ramfs, which has no fallocate(2) of any kind.</summary>
    public static IBlockBackend OnRamfs(long size)
    {
        var mount = new TemporaryMount("ramfs", "mode=700");
        return new OwningBackend(FileBackend.Open(mount.Sparse("disk", size), readOnly: false).Value!, mount);
    }
}
