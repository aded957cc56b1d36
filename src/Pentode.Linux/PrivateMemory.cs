using System.Runtime.InteropServices;

namespace Pentode.Linux;

/// <summary>Memory of this process alone, in whole pages, zero until it is written, part of which can be given back while the rest stays.</summary>
public static unsafe partial class PrivateMemory
{
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const int AdviseDontNeed = 4;

    /// <summary>So many bytes, rounded up to pages; fails as every allocation does.</summary>
    public static byte* Map(nuint length)
    {
        var address = Mmap(0, Pages(length), ProtReadWrite, MapPrivateAnonymous, -1, 0);
        return address == -1 ? throw new OutOfMemoryException() : (byte*)address;
    }

    /// <summary>Ends what <see cref="Map"/> began.</summary>
    public static void Unmap(byte* address, nuint length) => _ = Munmap((nint)address, Pages(length));

    /// <summary>The whole pages from <paramref name="kept"/> on lose what was written to them and cost nothing until they are written again.</summary>
    public static void GiveBack(byte* address, nuint length, nuint kept)
    {
        if (Pages(kept) < Pages(length))
            _ = Madvise((nint)address + (nint)Pages(kept), Pages(length) - Pages(kept), AdviseDontNeed);
    }

    private static nuint Pages(nuint length)
    {
        var page = (nuint)Environment.SystemPageSize;
        return (length + page - 1) / page * page;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int descriptor, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Madvise(nint address, nuint length, int advice);
}
