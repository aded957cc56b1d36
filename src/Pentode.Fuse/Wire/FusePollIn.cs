using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_POLL.</summary>
/// <remarks>fh[8] kh[8] flags[4] events[4]</remarks>
public readonly ref struct FusePollIn
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 24;

    /// <summary>Open file.</summary>
    public ulong Handle { get; init; }

    /// <summary>What a notification names.</summary>
    public ulong KernelHandle { get; init; }

    /// <summary>Bit 0: a notification is wanted.</summary>
    public uint Flags { get; init; }

    /// <summary>poll(2) bits asked for.</summary>
    public uint Events { get; init; }

    /// <summary>Reads it from the start of <paramref name="data"/>; false when that is too short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out FusePollIn message)
    {
        var r = new LittleEndianReader(data);
        message = new FusePollIn
        {
            Handle = r.U64(),
            KernelHandle = r.U64(),
            Flags = r.U32(),
            Events = r.U32(),
        };
        return !r.IsOverrun;
    }
}
