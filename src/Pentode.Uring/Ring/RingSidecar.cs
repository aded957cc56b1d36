using System.Runtime.InteropServices;
using Pentode.Linux;

namespace Pentode.Uring.Ring;

/// <summary>Native memory of one operation slot for arguments the kernel reads through pointers. Lives as long as the ring.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RingSidecar
{
    /// <summary>Most parts of a vectored send.</summary>
    public const int MaxParts = 64;

    /// <summary>Most bytes of a socket address (sockaddr_storage).</summary>
    public const int MaxAddress = 128;

    public MessageHeader Message;
    public fixed byte Address[MaxAddress];
    public fixed ulong Vectors[MaxParts * 2];
}
