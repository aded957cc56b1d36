using Pentode.Core.Codecs;

namespace Pentode.Fuse.Wire;

/// <summary>FUSE_NOTIFY_POLL: readiness changed.</summary>
/// <remarks>kh[8]</remarks>
public readonly ref struct FuseNotifyPollWakeupOut
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 8;

    /// <summary>Of the poll.</summary>
    public ulong KernelHandle { get; init; }

    /// <summary>Writes it.</summary>
    public void Write(ref LittleEndianWriter writer)
    {
        writer.U64(KernelHandle);
    }
}
