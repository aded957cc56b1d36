using System.Runtime.CompilerServices;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>
/// The server's side of a shared ring. The other side may write anything anywhere at any time: own counters are kept here and never read
/// back, its counters are checked, and every entry is copied before it is looked at.
/// </summary>
internal sealed unsafe class EngineRing(EngineRegion region, ulong offset, int entries, int doorbell, int wake)
{
    private readonly byte* _head = region.Base + offset;
    private readonly byte* _submissions = region.Base + offset + RingsWire2.RingHeadSize;
    private readonly byte* _completions = region.Base + offset + RingsWire2.RingHeadSize + ((long)entries * RingsWire2.SubmissionSize);
    private uint _sqHead;
    private uint _cqTail;
    private uint _flags;

    public EngineRegion Region { get; } = region;

    public int Doorbell { get; } = doorbell;

    public int Wake { get; } = wake;

    public bool IsDoorbellArmed { get; set; }

    public bool IsWaking { get; set; }

    public bool MustWakeAgain { get; set; }

    /// <summary>Completions published since the client was last asked whether it sleeps.</summary>
    public bool HasNews { get; set; }

    /// <summary>Passes without work.</summary>
    public int IdlePasses { get; set; }

    /// <summary>Submissions published and not taken; -1 when the counter cannot be.</summary>
    public int Published()
    {
        var count = Volatile.Read(ref *(uint*)(_head + RingsWire2.RingSqTail)) - _sqHead;
        return count <= (uint)entries ? (int)count : -1;
    }

    /// <summary>Copies the submission <paramref name="ahead"/> of those not taken.</summary>
    public RingsSubmission Copy(int ahead) =>
        Unsafe.ReadUnaligned<RingsSubmission>(_submissions + ((long)((_sqHead + (uint)ahead) & (uint)(entries - 1)) * RingsWire2.SubmissionSize));

    /// <summary>Gives entries back.</summary>
    public void Taken(int count)
    {
        _sqHead += (uint)count;
        Volatile.Write(ref *(uint*)(_head + RingsWire2.RingSqHead), _sqHead);
    }

    /// <summary>Completions there is room for; -1 when the counter cannot be.</summary>
    public int Room()
    {
        var used = _cqTail - Volatile.Read(ref *(uint*)(_head + RingsWire2.RingCqHead));
        return used > (uint)entries * 2 ? -1 : (entries * 2) - (int)used;
    }

    /// <summary>Writes a completion; <see cref="Publish"/> shows it.</summary>
    public void Put(in RingsCompletionRecord record, int ahead) =>
        Unsafe.WriteUnaligned(_completions + ((long)((_cqTail + (uint)ahead) & (uint)((entries * 2) - 1)) * RingsWire2.CompletionSize), record);

    public void Publish(int count)
    {
        _cqTail += (uint)count;
        Volatile.Write(ref *(uint*)(_head + RingsWire2.RingCqTail), _cqTail);
        HasNews = true;
    }

    /// <summary>Asks for the doorbell, or does without it.</summary>
    public void SetNeedDoorbell(bool isNeeded)
    {
        var flags = isNeeded ? RingsWire2.NeedDoorbell : 0;
        if (_flags == flags)
            return;
        _flags = flags;
        Volatile.Write(ref *(uint*)(_head + RingsWire2.RingServerFlags), flags);
    }

    /// <summary>True when the client wants to be woken.</summary>
    public bool WantsWake() => (Volatile.Read(ref *(uint*)(_head + RingsWire2.RingClientFlags)) & RingsWire2.WantWake) != 0;
}
