using Pentode.Linux.Uring;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Shared rings: taking submissions, handing over completions, sleeping.</content>
internal sealed unsafe partial class RingsEngine
{
    private readonly RingsSubmission[] _copies = new RingsSubmission[RingsWire2.MaxBatch + RingsWire2.MaxChain];

    private void TakeFromRing(EngineSession session, EngineRing ring)
    {
        var published = ring.Published();
        if (published < 0)
        {
            Goodbye(session, RingsGoodbyeReason.RingCounters, RingsMessageType.None);
            return;
        }

        if (published == 0)
            return;
        ring.IdlePasses = 0;
        var count = 0;
        while (count < published && count < _copies.Length)
        {
            _copies[count] = ring.Copy(count);
            count++;

            // A turn ends with a chain.
            if (count >= RingsWire2.MaxBatch && (_copies[count - 1].Flags & (RingsEntryFlags.Link | RingsEntryFlags.HardLink)) == 0)
                break;
        }

        ring.Taken(count);
        TakeAll(session, _copies.AsSpan(0, count), null, 0, isFromRing: true);
    }

    // False when the kernel took no more requests for now.
    private bool SettleRing(EngineSession session, EngineRing ring)
    {
        if (ring.HasNews)
        {
            ring.HasNews = false;
            Interlocked.MemoryBarrier();
            if (ring.WantsWake() && !Wake(session, ring))
            {
                ring.HasNews = true;
                return false;
            }
        }

        if (ring.IsDoorbellArmed)
            return true;
        ring.IsDoorbellArmed = Arm(ring.Doorbell, RingConstants.PollIn, Tag(TagDoorbell, session.Number, (uint)session.Slot), PollMultishot);
        session.KernelUses += ring.IsDoorbellArmed ? 1 : 0;
        return ring.IsDoorbellArmed;
    }

    // By the ring, since the write of a hostile client's eventfd may wait.
    private bool Wake(EngineSession session, EngineRing ring)
    {
        if (ring.IsWaking)
        {
            ring.MustWakeAgain = true;
            return true;
        }

        var entry = Next();
        if (entry == null)
            return false;
        entry->Opcode = OperationRule.Write;
        entry->Descriptor = ring.Wake;
        entry->Address = (ulong)_one;
        entry->Length = 8;
        entry->UserData = Tag(TagWake, session.Number, (uint)session.Slot);
        ring.IsWaking = true;
        session.KernelUses++;
        return true;
    }

    private static void DeliverRing(EngineSession session, EngineRing ring)
    {
        var waiting = session.RingReady.Count;
        if (waiting == 0)
            return;
        var room = ring.Room();
        if (room < 0)
        {
            Goodbye(session, RingsGoodbyeReason.RingCounters, RingsMessageType.None);
            return;
        }

        var count = Math.Min(room, waiting);
        for (var i = 0; i < count; i++)
        {
            ring.Put(session.RingReady.Dequeue(), i);
            if (session.RingCredits.Dequeue())
                session.CreditsUsed--;
        }

        if (count > 0)
            ring.Publish(count);
    }

    // Completions into the output, as many as fit.
    private void Deliver(EngineSession session)
    {
        if (session.Ring is { } ring)
            DeliverRing(session, ring);
        while (session.SocketReady.Count > 0 && session.OutputFree > RingsWire2.MaxMessage)
            DeliverMessage(session);
    }

    private void DeliverMessage(EngineSession session)
    {
        var count = 0;
        var payload = 0;
        foreach (var ready in session.SocketReady)
        {
            var size = RingsWire2.HeaderSize + ((count + 1) * RingsWire2.CompletionSize) + payload + ready.PayloadLength;
            if (count == RingsWire2.MaxBatch || size > RingsWire2.MaxMessage)
                break;
            count++;
            payload += ready.PayloadLength;
        }

        var body = Head(session, RingsMessageType.Complete, (ushort)count, (count * RingsWire2.CompletionSize) + payload, 0);
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            var ready = session.SocketReady.Dequeue();
            var record = ready.Record;
            if ((record.Flags & RingsCompletionFlags.Payload) != 0)
            {
                record.PayloadOffset = (uint)at;
                record.PayloadLength = (uint)ready.PayloadLength;
                new ReadOnlySpan<byte>(ready.Block.Pointer + ready.PayloadAt, ready.PayloadLength).CopyTo(body[((count * RingsWire2.CompletionSize) + at)..]);
                at += ready.PayloadLength;
            }

            record.Write(body[(i * RingsWire2.CompletionSize)..]);
            _blocks.Return(ready.Block);
            if (ready.ReturnsCredit)
                session.CreditsUsed--;
        }
    }
}
