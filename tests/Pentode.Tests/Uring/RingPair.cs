using System.Runtime.InteropServices;

namespace Pentode.Tests.Uring;

/// <summary>Two connected stream sockets, as raw descriptors.</summary>
internal static partial class RingPair
{
    public static unsafe (int A, int B) Make()
    {
        var pair = stackalloc int[2];
        Assert.Equal(0, SocketPair(1, 1, 0, pair));
        return (pair[0], pair[1]);
    }

    [LibraryImport("libc", EntryPoint = "socketpair")]
    private static unsafe partial int SocketPair(int family, int type, int protocol, int* pair);
}
