using Pentode.Linux;

namespace Pentode.Rings.Server;

/// <summary>What decides who makes the calls on a descriptor.</summary>
/// <param name="IsStorage">Regular file or block device: operations on it end by themselves.</param>
/// <param name="IsInMemory">Regular file of tmpfs: operations on it never wait for a disk or another process.</param>
/// <param name="IsPipe">Who takes part in it may hold its lock.</param>
internal readonly record struct FileNature(bool IsStorage, bool IsInMemory, bool IsPipe)
{
    private const int Regular = 0x8000;
    private const int Block = 0x6000;
    private const int Pipe = 0x1000;

    /// <summary>Looks at an open descriptor; no file system but tmpfs and hugetlbfs is asked anything.</summary>
    public static FileNature Of(int descriptor)
    {
        var type = SharedMemory.TypeOf(descriptor);
        return new FileNature(type is Regular or Block, type == Regular && SharedMemory.GetSeals(descriptor) >= 0 && SharedMemory.IsTmpfs(descriptor), type == Pipe);
    }
}
