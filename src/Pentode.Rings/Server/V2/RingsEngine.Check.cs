using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>What a record may say, in the order of section 11 of the specification.</content>
internal sealed unsafe partial class RingsEngine
{
    // What depends on nothing but the record.
    private static Errno Form(in RingsSubmission entry, OperationRule rule)
    {
        var isMultishot = (entry.Flags & RingsEntryFlags.Multishot) != 0;
        var hasData = rule.Data != OperationData.None;
        var isSound = (entry.Flags & ~RingsEntryFlags.All) == 0
            && (rule.Has(OperationUses.File) || entry.File == 0)
            && (rule.Has(OperationUses.Offset) || entry.Offset == 0)
            && (hasData || (entry.Region == 0 && entry.Address == 0))
            && (hasData || rule.Has(OperationUses.Length) || entry.Length == 0)
            && (rule.Has(OperationUses.Argument0) || entry.Argument0 == 0)
            && (rule.Has(OperationUses.Argument1) || entry.Argument1 == 0)
            && (!isMultishot || (rule.Has(OperationUses.Multishot) && entry.Shots > 0 && (entry.Flags & Links) == 0))
            && (isMultishot || entry.Shots == 0);
        return isSound ? Errno.None : Errno.EINVAL;
    }

    private Errno Fit(EngineSession session, EngineTask task, byte* data, int dataLength)
    {
        ref readonly var entry = ref task.Entry;
        var rule = task.Rule;
        var error = Arguments(entry, rule);
        if (error == Errno.None)
            error = TakeFiles(session, task);
        if (error == Errno.None)
            error = TakeData(session, task, data, dataLength);
        if (error == Errno.None && _roots.Count > 0 && rule.Has(OperationUses.Root) && rule.Data != OperationData.None)
            error = Confine(task);
        if (error == Errno.None && rule.Has(OperationUses.MakesFile) && (entry.Flags & RingsEntryFlags.Multishot) == 0)
            error = KeepSlot(session, task);
        if (error != Errno.None)
            return error;
        task.Cost = OperationCost + Math.Min(MostCost, task.Bytes);
        return Errno.None;
    }

    private static Errno KeepSlot(EngineSession session, EngineTask task)
    {
        task.NewFile = session.TakeFile();
        if (task.NewFile is null)
            return Errno.EMFILE;
        task.NewFile.Users++;
        return Errno.None;
    }

    private static Errno Arguments(in RingsSubmission entry, OperationRule rule)
    {
        if ((entry.OperationFlags & ~rule.Flags) != 0)
            return Errno.EINVAL;
        var isSound = entry.Operation switch
        {
            RingsOperation.Timeout => entry.Argument0 > 0,
            RingsOperation.Cancel => (entry.OperationFlags & 2) != 0 ? entry.File != 0 && entry.Argument0 == 0 && entry.OperationFlags == 2 : entry.File == 0,
            RingsOperation.Open => entry.Argument1 <= 0xFFF,
            RingsOperation.MakeDirectory => entry.Argument1 <= 0xFFF,
            RingsOperation.Splice => entry.Length is > 0 and <= RingsWire2.MaxTransfer,
            RingsOperation.Receive => ((entry.Flags & RingsEntryFlags.Multishot) != 0) == (entry.Argument0 != 0) && entry.Argument0 <= entry.Length,
            RingsOperation.Shutdown => entry.OperationFlags <= 2,
            RingsOperation.Poll => entry.OperationFlags != 0,
            RingsOperation.FutexWait or RingsOperation.FutexWake => entry.Length is 0 or 4 && entry.Argument0 <= uint.MaxValue,
            RingsOperation.Accept => (entry.Flags & RingsEntryFlags.Multishot) == 0 || entry.Length == 0,
            RingsOperation.Grant => entry.Argument1 > 0,
            _ => true,
        };
        if (!isSound)
            return Errno.EINVAL;
        var (least, most) = rule.Data switch
        {
            OperationData.In or OperationData.Out => (1u, RingsWire2.MaxTransfer),
            OperationData.Vectors => (1u, (uint)RingsWire2.MaxVectors),
            OperationData.Path => (2u, (uint)RingsWire2.MaxPath),
            OperationData.TwoPaths => (4u, 2u * RingsWire2.MaxPath),
            OperationData.StatxPath => (0u, (uint)RingsWire2.MaxPath),
            OperationData.GetAttribute => (2u, 256u),
            OperationData.SetAttribute => (2u, (uint)RingsWire2.MaxInline),
            OperationData.Address => (2u, (uint)RingsWire2.MaxAddress),
            OperationData.AddressOut => (0u, (uint)RingsWire2.MaxAddress),
            _ => (0u, uint.MaxValue),
        };
        if (entry.Length < least || entry.Length > most || (entry.Region == 0 && entry.Length > RingsWire2.MaxInline && rule.Data != OperationData.None))
            return Errno.EINVAL;
        return rule.Data == OperationData.GetAttribute && entry.Argument1 is 0 or > RingsWire2.MaxInline ? Errno.EINVAL : Errno.None;
    }

    private static Errno TakeFiles(EngineSession session, EngineTask task)
    {
        ref readonly var entry = ref task.Entry;
        if (entry.Operation is RingsOperation.Cancel or RingsOperation.Grant || !task.Rule.Has(OperationUses.File))
            return Errno.None;
        if (entry.File == 0 && !task.Rule.Has(OperationUses.Root))
            return Errno.EBADF;
        if (entry.File is not 0 and not RingsWire2.FileOfChain && (task.File = session.FindFile(entry.File)) is null)
            return Errno.EBADF;
        var hasSecond = entry.Operation is RingsOperation.Splice || (entry.Operation is RingsOperation.Rename or RingsOperation.Link && entry.Argument1 != 0);
        if (hasSecond && (task.SecondFile = session.FindFile(entry.Argument1)) is null)
        {
            task.File = null;
            return Errno.EBADF;
        }

        if (task.File is { } file)
            file.Users++;
        if (task.SecondFile is { } second)
            second.Users++;
        return Errno.None;
    }
}
