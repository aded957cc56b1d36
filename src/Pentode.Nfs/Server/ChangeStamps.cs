namespace Pentode.Nfs.Server;

/// <summary>
/// Tells whether changes of the same object overlapped, on any loop: attributes "before" a change are only told to the client when nothing of
/// ours slipped between them and the change. Each slot counts changes begun and ended (high 48 bits) and those under way (low 16); objects
/// that share a slot only cost each other the answer. Thread safe.
/// </summary>
internal sealed class ChangeStamps
{
    private const int Slots = 4096;
    private const long Step = 1 << 16;

    private readonly long[] _slots = new long[Slots];

    /// <summary>A change begins; gives what <see cref="End"/> wants back.</summary>
    public long Begin(ulong id) => Interlocked.Add(ref Slot(id), Step + 1);

    /// <summary>It ended; true when it was alone from begin to end.</summary>
    public bool End(ulong id, long began) => Interlocked.Add(ref Slot(id), Step - 1) == began + Step - 1 && (began & (Step - 1)) == 1;

    private ref long Slot(ulong id) => ref _slots[(id * 0x9E3779B97F4A7C15) >> 52];
}
