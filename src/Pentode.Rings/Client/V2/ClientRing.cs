using System.Runtime.CompilerServices;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Client.V2;

/// <summary>The client's side of a shared ring, with its own counters. Loop thread.</summary>
internal sealed unsafe class ClientRing(RingsRegion region, long offset, int entries, int doorbell, int wake)
{
    private readonly byte* _head = region.Pointer(offset);
    private readonly byte* _submissions = region.Pointer(offset + RingsWire2.RingHeadSize);
    private readonly byte* _completions = region.Pointer(offset + RingsWire2.RingHeadSize + ((long)entries * RingsWire2.SubmissionSize));
    private uint _sqTail;
    private uint _cqHead;
    private bool _wasFull;

    public int Doorbell { get; } = doorbell;

    public int Wake { get; } = wake;

    public long Offset { get; } = offset;

    public int Entries { get; } = entries;

    /// <summary>Submissions there is room for.</summary>
    public int Room => entries - (int)(_sqTail - Volatile.Read(ref *(uint*)(_head + RingsWire2.RingSqHead)));

    /// <summary>Writes a submission; <see cref="Publish"/> shows it.</summary>
    public void Put(in RingsSubmission entry) =>
        Unsafe.WriteUnaligned(_submissions + ((long)(_sqTail++ & (uint)(entries - 1)) * RingsWire2.SubmissionSize), entry);

    /// <summary>Shows what was put and rings the doorbell if the server sleeps.</summary>
    public void Publish()
    {
        Volatile.Write(ref *(uint*)(_head + RingsWire2.RingSqTail), _sqTail);
        Interlocked.MemoryBarrier();
        if ((Volatile.Read(ref *(uint*)(_head + RingsWire2.RingServerFlags)) & RingsWire2.NeedDoorbell) != 0)
            Ring();
    }

    /// <summary>The next completion; false when there is none. Null counts mean that the server's counter cannot be.</summary>
    public bool TryTake(out RingsCompletionRecord record, out bool isSound)
    {
        var count = Volatile.Read(ref *(uint*)(_head + RingsWire2.RingCqTail)) - _cqHead;
        isSound = count <= (uint)entries * 2;
        _wasFull |= count == (uint)entries * 2;
        if (count == 0 || !isSound)
        {
            record = default;
            return false;
        }

        record = Unsafe.ReadUnaligned<RingsCompletionRecord>(_completions + ((long)(_cqHead & (uint)((entries * 2) - 1)) * RingsWire2.CompletionSize));
        _cqHead++;
        return true;
    }

    /// <summary>Gives the entries of taken completions back.</summary>
    public void Taken()
    {
        Volatile.Write(ref *(uint*)(_head + RingsWire2.RingCqHead), _cqHead);
        if (!_wasFull)
            return;
        _wasFull = false;
        Ring();
    }

    /// <summary>Asks to be woken, or not. True when completions came in between.</summary>
    public bool SetWantWake(bool isWanted)
    {
        Volatile.Write(ref *(uint*)(_head + RingsWire2.RingClientFlags), isWanted ? RingsWire2.WantWake : 0);
        if (!isWanted)
            return false;
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref *(uint*)(_head + RingsWire2.RingCqTail)) != _cqHead;
    }

    public void Close()
    {
        _ = FileCalls.Close(Doorbell);
        _ = FileCalls.Close(Wake);
    }

    private void Ring()
    {
        ulong one = 1;
        _ = FileCalls.Write(Doorbell, new ReadOnlySpan<byte>(&one, 8));
    }
}
