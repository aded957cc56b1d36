using System.Runtime.InteropServices;

namespace Pentode.Linux.Tree;

/// <summary>struct open_how (linux/openat2.h), 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct OpenHow
{
    /// <summary>O_* flags.</summary>
    public ulong Flags;

    /// <summary>Mode of a created file, else 0.</summary>
    public ulong Mode;

    /// <summary>RESOLVE_* flags.</summary>
    public ulong Resolve;
}
