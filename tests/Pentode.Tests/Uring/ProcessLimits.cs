using System.Runtime.InteropServices;

namespace Pentode.Tests.Uring;

/// <summary>Limits, filters and signals of the process or one thread, for <see cref="IsolatedFacts"/>. x86-64 numbers.</summary>
internal static unsafe partial class ProcessLimits
{
    /// <summary>RLIMIT_NOFILE.</summary>
    public const int OpenFiles = 7;

    /// <summary>RLIMIT_MEMLOCK.</summary>
    public const int LockedMemory = 8;

    public static (ulong Soft, ulong Hard) Get(int resource)
    {
        var values = stackalloc ulong[2];
        Assert.Equal(0, GetLimit(resource, values));
        return (values[0], values[1]);
    }

    public static void SetSoft(int resource, ulong soft)
    {
        var values = stackalloc ulong[2] { soft, Get(resource).Hard };
        Assert.Equal(0, SetLimit(resource, values));
    }

    /// <summary>Number of the calling thread in the kernel.</summary>
    public static int ThreadId() => (int)Syscall(186, 0, 0, 0);

    /// <summary>tgkill(2).</summary>
    public static void Signal(int thread, int signal) => _ = Syscall(234, Environment.ProcessId, thread, signal);

    /// <summary>Drops root on this thread only (raw setresuid); false when this is not root.</summary>
    public static bool BecomeNobody() => Syscall(117, 65534, 65534, 65534) == 0;

    /// <summary>A seccomp filter on this thread that answers io_uring_setup, _enter and _register with an error.</summary>
    public static bool RefuseRings(int error)
    {
        if (RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64 || Syscall(157, 38, 1, 0) != 0)
            return false;

        // struct sock_filter: load the number; 425 to 427 return the error, all else passes.
        var filter = stackalloc Instruction[]
        {
            new(0x20, 0, 0, 0), new(0x35, 0, 2, 425), new(0x25, 1, 0, 427), new(0x06, 0, 0, 0x00050000u | (uint)error), new(0x06, 0, 0, 0x7fff0000),
        };
        var program = new Program { Length = 5, Filter = filter };
        return Syscall(157, 22, 2, (nint)(&program)) == 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long Syscall(long number, long a, long b, long c, long d = 0, long e = 0);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, ulong* values);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, ulong* values);

    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

    private struct Program
    {
        public ushort Length;
        public Instruction* Filter;
    }
}
