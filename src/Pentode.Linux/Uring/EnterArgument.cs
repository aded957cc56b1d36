using System.Runtime.InteropServices;

namespace Pentode.Linux.Uring;

/// <summary>struct io_uring_getevents_arg: how io_uring_enter waits.</summary>
[StructLayout(LayoutKind.Explicit, Size = 24)]
public struct EnterArgument
{
    /// <summary>Signal mask pointer; 0 for none.</summary>
    [FieldOffset(0)]
    public ulong SignalMask;

    /// <summary>Size of the signal mask.</summary>
    [FieldOffset(8)]
    public uint SignalMaskSize;

    /// <summary>Microseconds to wait for the full count before any one completion is enough.</summary>
    [FieldOffset(12)]
    public uint MinimumWaitUsec;

    /// <summary>Pointer to a <see cref="KernelTimespec"/>; 0 waits forever.</summary>
    [FieldOffset(16)]
    public ulong Timeout;
}
