using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Where the data of an operation are: in a region, in the message, in vectors.</content>
internal sealed unsafe partial class RingsEngine
{
    // An address in a region, or null with the reason. The region is in use by the task from now on.
    private static byte* InRegion(EngineSession session, EngineTask task, ushort id, ulong address, ulong length, bool isWritten, ref Errno error)
    {
        if (session.FindRegion(id) is not { } region)
        {
            error = Errno.ENOENT;
            return null;
        }

        error = isWritten && !region.IsWritable ? Errno.EACCES : region.Holds(address, length) ? Errno.None : Errno.EFAULT;
        if (error != Errno.None)
            return null;
        if ((task.Regions & (1UL << region.Slot)) == 0)
        {
            task.Regions |= 1UL << region.Slot;
            region.Users++;
        }

        return region.Base + address;
    }

    private Errno TakeData(EngineSession session, EngineTask task, byte* data, int dataLength)
    {
        ref readonly var entry = ref task.Entry;
        var error = Errno.None;
        var kind = task.Rule.Data;
        var isOut = kind is OperationData.Out or OperationData.AddressOut;
        if (kind == OperationData.None)
        {
            task.Bytes = entry.Operation == RingsOperation.Splice ? entry.Length : 0;
            return Errno.None;
        }

        if (kind == OperationData.Futex)
        {
            if (entry.Region == 0)
                return Errno.ENOENT;
            task.Data = InRegion(session, task, entry.Region, entry.Address, 4, isWritten: false, ref error);
            return error == Errno.None && entry.Address % 4 != 0 ? Errno.EFAULT : error;
        }

        // Where the bytes the client gives begin. READV and WRITEV count vectors.
        var bytes = kind == OperationData.Vectors ? (ulong)entry.Length * RingsWire2.VectorSize : entry.Length;
        byte* source = null;
        if (entry.Region != 0 && (entry.Length > 0 || isOut))
        {
            source = InRegion(session, task, entry.Region, entry.Address, bytes, isOut, ref error);
            if (error != Errno.None)
                return error;
        }
        else if (!isOut && entry.Length > 0)
        {
            if (task.IsFromRing)
                return Errno.EINVAL;
            if (entry.Address > (ulong)dataLength || bytes > (ulong)dataLength - entry.Address)
                return Errno.EFAULT;
            source = data + entry.Address;
        }
        else if (entry.Region == 0 && entry.Address != 0)
        {
            return Errno.EINVAL;
        }

        switch (kind)
        {
            case OperationData.In:
                task.Bytes = entry.Length;
                task.Data = source;
                if (entry.Region == 0)
                    task.Data = Keep(task, source, (int)entry.Length, 0);
                return Errno.None;
            case OperationData.Out:
                task.Bytes = entry.Length;
                task.Data = source;
                return entry.Region == 0 ? InlineRoom(task, (int)entry.Length) : Errno.None;
            case OperationData.AddressOut:
                task.Output = source;
                return entry.Region == 0 && entry.Length > 0 ? Errno.EINVAL : Errno.None;
            case OperationData.Vectors:
                return TakeVectors(session, task, source);
            case OperationData.Address:
                task.Data = Keep(task, source, (int)entry.Length, 0);
                return Errno.None;
            default:
                return TakeNames(session, task, source);
        }
    }

    private Errno InlineRoom(EngineTask task, int length)
    {
        if (task.IsFromRing || (task.Entry.Flags & RingsEntryFlags.Multishot) != 0)
            return Errno.EINVAL;
        task.Block = _blocks.Rent(length);
        task.Data = task.Block.Pointer;
        task.PayloadAt = 0;
        return Errno.None;
    }

    // Copies what the client gave, with room behind it.
    private byte* Keep(EngineTask task, byte* source, int length, int room)
    {
        task.Block = _blocks.Rent(length + room);
        Unsafe.CopyBlockUnaligned(task.Block.Pointer, source, (uint)length);
        return task.Block.Pointer;
    }

    private Errno TakeVectors(EngineSession session, EngineTask task, byte* source)
    {
        var count = (int)task.Entry.Length;
        var isWritten = task.Entry.Operation == RingsOperation.ReadVector;

        var error = Errno.None;
        task.Block = _blocks.Rent(count * sizeof(Pentode.Linux.IoVector));
        var vectors = (Pentode.Linux.IoVector*)task.Block.Pointer;
        ulong total = 0;
        for (var i = 0; i < count; i++)
        {
            var vector = Unsafe.ReadUnaligned<RingsVector>(source + (i * RingsWire2.VectorSize));
            total += vector.Length;
            if (vector.Reserved != 0 || vector.Region == 0 || total > RingsWire2.MaxTransfer)
                return Errno.EINVAL;
            vectors[i].Base = InRegion(session, task, vector.Region, vector.Address, vector.Length, isWritten, ref error);
            if (error != Errno.None)
                return error;
            vectors[i].Length = vector.Length;
        }

        task.Data = task.Block.Pointer;
        task.Bytes = (long)total;
        return total == 0 ? Errno.EINVAL : Errno.None;
    }
}
