using System.Buffers.Binary;
using Pentode.Core;

namespace Pentode.Linux.Uring;

/// <summary>What a ring can do and what it may do. For rings made with <see cref="SetupDisabled"/>, before the first submission.</summary>
public static unsafe class RingPolicy
{
    /// <summary>IORING_SETUP_R_DISABLED: nothing can be submitted before <see cref="Enable"/>.</summary>
    public const uint SetupDisabled = 1 << 6;

    /// <summary>IORING_REGISTER_PERSONALITY, for <see cref="Restrict"/>.</summary>
    public const byte RegisterPersonality = 9;

    /// <summary>IORING_UNREGISTER_PERSONALITY, for <see cref="Restrict"/>.</summary>
    public const byte UnregisterPersonality = 10;

    private const uint RegisterProbe = 8;
    private const uint RegisterRestrictions = 11;
    private const uint RegisterEnable = 12;
    private const uint RegisterWorkerLimits = 19;
    private const int ProbeOperations = 256;
    private const byte RestrictRegisterOperation = 0;
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

    /// <summary>
    /// Limits the ring for ever to these opcodes, SQE flags and registrations; anything else ends with EACCES. False where the kernel cannot.
    /// At most 255 entries together.
    /// </summary>
    public static bool Restrict(MappedRing ring, ReadOnlySpan<byte> opcodes, byte flags, ReadOnlySpan<byte> registrations)
    {
        // struct io_uring_restriction: what (2 bytes), value (1), reserved.
        Span<byte> entries = stackalloc byte[16 * (opcodes.Length + registrations.Length + 1)];
        entries.Clear();
        var at = 0;
        foreach (var opcode in opcodes)
            at = Add(entries, at, RestrictSqeOperation, opcode);
        foreach (var registration in registrations)
            at = Add(entries, at, RestrictRegisterOperation, registration);
        at = Add(entries, at, RestrictSqeFlags, flags);
        fixed (byte* p = entries)
            return ring.Register(RegisterRestrictions, p, (uint)at / 16) >= 0;
    }

    /// <summary>Most threads of the kernel that may work on regular files at once for this ring; they are made as needed. Before <see cref="Restrict"/>.</summary>
    public static Errno LimitWorkers(MappedRing ring, int bounded)
    {
        var limits = stackalloc uint[2];
        limits[0] = (uint)bounded;
        limits[1] = 0;
        return ring.Register(RegisterWorkerLimits, limits, 2) is < 0 and var error ? (Errno)(-error) : Errno.None;
    }

    /// <summary>Keeps the credentials the calling thread has now under a number for <see cref="SubmissionEntry.Personality"/>. The thread of the ring only.</summary>
    public static Result<ushort> AddPersonality(MappedRing ring) =>
        ring.Register(RegisterPersonality, null, 0) is var id && id < 0 ? (Errno)(-id) : (ushort)id;

    /// <summary>Forgets a personality; operations in flight keep theirs.</summary>
    public static void RemovePersonality(MappedRing ring, ushort id) => _ = ring.Register(UnregisterPersonality, null, id);

    /// <summary>Lets the calling thread, and no other, submit.</summary>
    public static Errno Enable(MappedRing ring) => ring.Register(RegisterEnable, null, 0) is < 0 and var error ? (Errno)(-error) : Errno.None;

    private static int Add(Span<byte> entries, int at, byte what, byte value)
    {
        entries[at] = what;
        entries[at + 2] = value;
        return at + 16;
    }
}
