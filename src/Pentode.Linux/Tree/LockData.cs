using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>struct flock of 64 bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LockData
{
    /// <summary>F_RDLCK 0, F_WRLCK 1, F_UNLCK 2.</summary>
    public short Type;

    /// <summary>SEEK_SET.</summary>
    public short Whence;

    /// <summary>First byte.</summary>
    public long Start;

    /// <summary>Bytes; 0 to the end of the file.</summary>
    public long Length;

    /// <summary>Holder; must be 0 in requests of open file description locks, -1 when one of those is reported.</summary>
    public int Process;
}
