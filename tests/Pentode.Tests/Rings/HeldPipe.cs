using System.Runtime.InteropServices;
using Pentode.Linux;

namespace Pentode.Tests.Rings;

/// <summary>A pipe whose lock somebody holds until <see cref="LetGo"/>: a splice of it into a socket that is full. Who writes to it then waits in the kernel.</summary>
internal sealed unsafe partial class HeldPipe : IDisposable
{
    private const int DontWait = 0x40;

    private readonly int[] _sockets = new int[2];
    private readonly Thread _holder;

    public HeldPipe()
    {
        var ends = stackalloc int[2];
        Assert.Equal(0, Pipe(ends, 0));
        (Reader, Writer) = (ends[0], ends[1]);
        fixed (int* sockets = _sockets)
            Assert.Equal(0, SocketPair(1, 1, 0, sockets));
        var page = stackalloc byte[4096];
        while (Send(_sockets[0], page, 4096, DontWait) > 0)
        {
        }

        FileCalls.Write(Writer, new byte[4096]);
        var thread = 0;
        _holder = new Thread(() =>
        {
            Volatile.Write(ref thread, GetThread());
            _ = Splice(Reader, null, _sockets[0], null, 4096, 0);
        }) { IsBackground = true };
        _holder.Start();

        // It holds the lock once it sleeps for the socket.
        SpinWait.SpinUntil(() => Volatile.Read(ref thread) > 0);
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/self/task/{thread}/wchan").Contains("sock", StringComparison.Ordinal), 20_000));
    }

    public int Reader { get; }

    public int Writer { get; }

    public void LetGo()
    {
        FileCalls.Close(_sockets[1]);
        _sockets[1] = -1;
        _holder.Join();
    }

    public void Dispose()
    {
        if (_sockets[1] >= 0)
            LetGo();
        foreach (var descriptor in new[] { _sockets[0], Reader, Writer })
            FileCalls.Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "socketpair")]
    private static partial int SocketPair(int family, int type, int protocol, int* sockets);

    [LibraryImport("libc", EntryPoint = "send")]
    private static partial nint Send(int socket, byte* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "splice")]
    private static partial nint Splice(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int GetThread();
}
