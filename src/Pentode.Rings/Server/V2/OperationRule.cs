using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <summary>What an operation takes, and the operation of the kernel that serves it.</summary>
/// <param name="Opcode">IORING_OP number; 255 when the server itself serves it.</param>
/// <param name="Uses">Fields it uses and how it runs.</param>
/// <param name="Data">What its data are.</param>
/// <param name="Flags">Bits of op_flags it takes; all ones for a number.</param>
internal readonly record struct OperationRule(byte Opcode, OperationUses Uses, OperationData Data = OperationData.None, uint Flags = 0)
{
    /// <summary>The opcode of what needs no kernel.</summary>
    public const byte Own = 255;

    public const byte AsyncCancel = 14;
    public const byte PollAdd = 6;
    public const byte Close = 19;
    public const byte OpenAt = 18;
    public const byte Write = 23;

    private const OperationUses FileOffset = OperationUses.File | OperationUses.Offset;
    private const OperationUses FileOrRoot = OperationUses.File | OperationUses.Root;

    /// <summary>All of them by number.</summary>
    public static OperationRule[] All { get; } = Make();

    public bool Has(OperationUses use) => (Uses & use) != 0;

    private static OperationRule[] Make()
    {
        var all = new OperationRule[(int)RingsOperation.Grant + 1];
        all[(int)RingsOperation.Nop] = new(0, OperationUses.None);
        all[(int)RingsOperation.Timeout] = new(Own, OperationUses.Argument0 | OperationUses.Multishot | OperationUses.Waits);
        all[(int)RingsOperation.Cancel] = new(Own, OperationUses.File | OperationUses.Root | OperationUses.Argument0 | OperationUses.Free | OperationUses.Waits, Flags: 3);
        all[(int)RingsOperation.Read] = new(22, FileOffset, OperationData.Out, 31);
        all[(int)RingsOperation.Write] = new(Write, FileOffset, OperationData.In, 31);
        all[(int)RingsOperation.ReadVector] = new(1, FileOffset, OperationData.Vectors, 31);
        all[(int)RingsOperation.WriteVector] = new(2, FileOffset, OperationData.Vectors, 31);
        all[(int)RingsOperation.Fsync] = new(3, FileOffset | OperationUses.Argument0, Flags: 1);
        all[(int)RingsOperation.Fallocate] = new(17, FileOffset | OperationUses.Argument0, Flags: uint.MaxValue);
        all[(int)RingsOperation.Ftruncate] = new(55, FileOffset);
        all[(int)RingsOperation.Open] = new(28, FileOrRoot | OperationUses.Argument0 | OperationUses.Argument1 | OperationUses.MakesFile, OperationData.Path, 0x3F);
        all[(int)RingsOperation.Close] = new(Close, OperationUses.File);
        all[(int)RingsOperation.Statx] = new(21, FileOrRoot | OperationUses.Argument0 | OperationUses.Argument1, OperationData.StatxPath, 0x6100);
        all[(int)RingsOperation.Rename] = new(35, FileOrRoot | OperationUses.Argument1, OperationData.TwoPaths, 7);
        all[(int)RingsOperation.Unlink] = new(36, FileOrRoot, OperationData.Path, 0x200);
        all[(int)RingsOperation.MakeDirectory] = new(37, FileOrRoot | OperationUses.Argument1, OperationData.Path);
        all[(int)RingsOperation.Symlink] = new(38, FileOrRoot, OperationData.TwoPaths);
        all[(int)RingsOperation.Link] = new(39, FileOrRoot | OperationUses.Argument1, OperationData.TwoPaths);
        all[(int)RingsOperation.GetAttribute] = new(43, OperationUses.File | OperationUses.Argument0 | OperationUses.Argument1, OperationData.GetAttribute);
        all[(int)RingsOperation.SetAttribute] = new(41, OperationUses.File, OperationData.SetAttribute, 3);
        all[(int)RingsOperation.Splice] = new(30, FileOffset | OperationUses.Length | OperationUses.Argument0 | OperationUses.Argument1, Flags: 7);
        all[(int)RingsOperation.Socket] = new(45, OperationUses.Argument0 | OperationUses.Argument1 | OperationUses.MakesFile, Flags: uint.MaxValue);
        all[(int)RingsOperation.Connect] = new(16, OperationUses.File | OperationUses.Waits, OperationData.Address);
        all[(int)RingsOperation.Accept] = new(13, OperationUses.File | OperationUses.MakesFile | OperationUses.Multishot | OperationUses.Waits, OperationData.AddressOut);
        all[(int)RingsOperation.Send] = new(26, OperationUses.File, OperationData.In, 0x81C5);
        all[(int)RingsOperation.Receive] = new(27, OperationUses.File | OperationUses.Argument0 | OperationUses.Multishot | OperationUses.Waits, OperationData.Out, 0x163);
        all[(int)RingsOperation.Shutdown] = new(34, OperationUses.File, Flags: 3);
        all[(int)RingsOperation.Poll] = new(PollAdd, OperationUses.File | OperationUses.Multishot | OperationUses.Waits, Flags: 0xFFFF);
        all[(int)RingsOperation.FutexWait] = new(51, OperationUses.Argument0 | OperationUses.Argument1 | OperationUses.Waits, OperationData.Futex);
        all[(int)RingsOperation.FutexWake] = new(52, OperationUses.Argument0 | OperationUses.Argument1, OperationData.Futex);
        all[(int)RingsOperation.WaitId] = new(PollAdd, OperationUses.File | OperationUses.Waits);
        all[(int)RingsOperation.Grant] = new(Own, OperationUses.Argument0 | OperationUses.Argument1 | OperationUses.Free | OperationUses.Waits);
        return all;
    }
}
