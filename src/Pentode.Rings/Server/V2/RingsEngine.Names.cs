using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Paths and names of attributes: copied, then looked at, then confined.</content>
internal sealed unsafe partial class RingsEngine
{
    private Errno TakeNames(EngineSession session, EngineTask task, byte* source)
    {
        ref readonly var entry = ref task.Entry;
        var kind = task.Rule.Data;
        var length = (int)entry.Length;
        var output = kind == OperationData.StatxPath ? RingsWire2.StatxSize : kind == OperationData.GetAttribute ? (int)entry.Argument1 : 0;
        var inlineOutput = entry.Region == 0 ? output : 0;
        if (inlineOutput > 0 && (task.IsFromRing || entry.Argument0 != 0))
            return Errno.EINVAL;
        var at = (length + 8) & ~7;
        task.Block = _blocks.Rent(at + inlineOutput);
        task.Data = task.Block.Pointer;
        if (length > 0)
            Unsafe.CopyBlockUnaligned(task.Data, source, (uint)length);
        var text = new ReadOnlySpan<byte>(task.Data, length);

        // STATX of the file itself: an empty path.
        task.Data[length] = 0;
        var end = text.IndexOf((byte)0);
        switch (kind)
        {
            case OperationData.Path or OperationData.GetAttribute:
            case OperationData.StatxPath when length > 0:
                if (end != length - 1 || end == 0)
                    return Errno.EINVAL;
                break;
            case OperationData.TwoPaths:
                if (end <= 0 || text[(end + 1)..].IndexOf((byte)0) is var second && (second <= 0 || end + 1 + second != length - 1))
                    return Errno.EINVAL;
                if (end >= RingsWire2.MaxPath || length - end - 1 > RingsWire2.MaxPath)
                    return Errno.EINVAL;
                task.Output = task.Data + end + 1;
                break;
            case OperationData.SetAttribute:
                if (end is <= 0 or > 255)
                    return Errno.EINVAL;
                task.Output = task.Data + end + 1;
                break;
            default:
                break;
        }

        if (output == 0)
            return Errno.None;
        if (entry.Region == 0)
        {
            task.Output = task.Data + at;
            task.PayloadAt = at;
            return Errno.None;
        }

        var error = Errno.None;
        task.Output = InRegion(session, task, entry.Region, entry.Argument0, (ulong)output, isWritten: true, ref error);
        return error;
    }

    // Beneath roots: only OPEN resolves more than a name, with the kernel's help.
    private static Errno Confine(EngineTask task)
    {
        if (task.File is { IsOpenedHere: false } || task.SecondFile is { IsOpenedHere: false })
            return task.Entry.Operation == RingsOperation.Statx && task.Entry.Length == 0 ? Errno.None : Errno.EXDEV;
        var isSound = task.Entry.Operation switch
        {
            RingsOperation.Open => true,
            RingsOperation.Statx => task.Entry.Length == 0 || IsName(task.Data),
            RingsOperation.Rename or RingsOperation.Link => IsName(task.Data) && IsName(task.Output),
            RingsOperation.Symlink => IsName(task.Output),
            _ => IsName(task.Data),
        };
        return isSound ? Errno.None : Errno.EXDEV;
    }

    private static bool IsName(byte* text)
    {
        var name = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
        return name.IndexOf((byte)'/') < 0 && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8);
    }

    // An absolute path beneath a root is taken from there; any other one, from the first root, which refuses absolute ones (EXDEV).
    private (int Root, int Skip) RootOf(byte* text)
    {
        var path = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text);
        foreach (var (root, descriptor) in _roots)
        {
            if (path.StartsWith(root) && path.Length > root.Length + 1 && path[root.Length] == '/')
                return (descriptor, root.Length + 1);
        }

        return (_roots[0].Descriptor, 0);
    }
}
