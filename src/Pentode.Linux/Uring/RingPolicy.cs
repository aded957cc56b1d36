using System.Buffers.Binary;
using Pentode.Core;

namespace Pentode.Linux.Uring;

/// <summary>What a ring can do and what it may do. For rings made with <see cref="SetupDisabled"/>, before the first submission.</summary>
public static unsafe class RingPolicy
{
    /// <summary>IORING_SETUP_R_DISABLED: nothing can be submitted before <see cref="Enable"/>.</summary>
    public const uint SetupDisabled = 1 << 6;

    private const uint RegisterProbe = 8;
    private const uint RegisterRestrictions = 11;
    private const uint RegisterEnable = 12;
    private const int ProbeOperations = 256;
    private const byte RestrictSqeOperation = 1;
    private const byte RestrictSqeFlags = 2;

    /// <summary>Opcodes the kernel supports, one flag each; EPERM and the like when it does not tell.</summary>
    public static Result<bool[]> Probe(MappedRing ring)
    {
        var data = new byte[16 + (ProbeOperations * 8)];
        fixed (byte* p = data)
        {
            if (ring.Register(RegisterProbe, p, ProbeOperations) is < 0 and var error)
                return (Errno)(-error);
        }

        var supported = new bool[ProbeOperations];
        for (var i = 0; i < data[1]; i++)
            supported[data[16 + (i * 8)]] = (BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(18 + (i * 8))) & 1) != 0;
        return supported;
    }

    /// <summary>Limits the ring for ever to these opcodes and SQE flags, and to no registration at all. False where the kernel cannot.</summary>
    public static bool Restrict(MappedRing ring, ReadOnlySpan<byte> opcodes, byte flags)
    {
        // struct io_uring_restriction: what (2 bytes), value (1), reserved.
        var entries = stackalloc byte[16 * (opcodes.Length + 1)];
        new Span<byte>(entries, 16 * (opcodes.Length + 1)).Clear();
        for (var i = 0; i < opcodes.Length; i++)
        {
            entries[i * 16] = RestrictSqeOperation;
            entries[(i * 16) + 2] = opcodes[i];
        }

        entries[opcodes.Length * 16] = RestrictSqeFlags;
        entries[(opcodes.Length * 16) + 2] = flags;
        return ring.Register(RegisterRestrictions, entries, (uint)opcodes.Length + 1) >= 0;
    }

    /// <summary>Lets the calling thread, and no other, submit.</summary>
    public static Errno Enable(MappedRing ring) => ring.Register(RegisterEnable, null, 0) is < 0 and var error ? (Errno)(-error) : Errno.None;
}
