using System.Diagnostics;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Operations on their way into the kernel.</content>
internal sealed unsafe partial class RingsEngine
{
    private const int AtCurrentDirectory = -100;
    private const uint AtSymlinkNoFollow = 0x100;
    private const uint AtEmptyPath = 0x1000;
    private const uint SocketCloseOnExec = 0x80000;
    private const uint SocketTypes = 0xF;
    private const uint Futex32 = 2;
    private const ulong ResolveConfined = TreeCalls.ResolveBeneath | TreeCalls.ResolveNoMagicLinks;

    // O_ bits that openat2 takes.
    private const ulong KnownOpenFlags = 0x3 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
        | 0x40000 | 0x80000 | 0x101000 | 0x200000 | 0x410000;

    private const ulong CreatingFlags = 0x40 | 0x400000;
    private const ulong PathOnlyFlag = TreeCalls.PathOnly;
    private const ulong NonBlockFlag = TreeCalls.NonBlock;

    // False when the kernel takes no more for now. True also when it ended right away.
    private bool Start(EngineTask task)
    {
        var session = task.Session;
        switch (task.Entry.Operation)
        {
            case RingsOperation.Timeout:
                StartTimer(task);
                return true;
            case RingsOperation.Cancel:
                Complete(task, CancelMatching(task), 0);
                return true;
            case RingsOperation.Grant:
                Complete(task, Grant(task), 0);
                return true;
            default:
                break;
        }

        var error = Resolve(session, task);
        if (error != Errno.None)
        {
            Complete(task, -(int)error, 0);
            return true;
        }

        if (IsForMemory(task) && !_workers.IsStuck)
        {
            StartInMemory(task);
            return true;
        }

        return StartInRing(task);
    }

    private static bool IsTransfer(EngineTask task) =>
        task.Entry.Operation is RingsOperation.Read or RingsOperation.Write or RingsOperation.ReadVector or RingsOperation.WriteVector;

    private static bool IsWrite(EngineTask task) => task.Entry.Operation is RingsOperation.Write or RingsOperation.WriteVector;

    private bool StartInRing(EngineTask task)
    {
        var entry = Next();
        if (entry == null)
            return false;
        if (task.File?.Turns is { } turns && IsTransfer(task) && !turns.TryEnter(task, task.Generation, IsWrite(task)))
        {
            // Back in line when it is its turn; the entry is nobody's.
            entry->UserData = Tag(TagIgnore, 0, 0);
            return true;
        }

        Begin(task);
        entry->Opcode = task.Rule.Opcode;
        entry->UserData = Tag(TagTask, task.Generation, (uint)task.Index);
        entry->Personality = task.Session.Identity.Personality;
        entry->Descriptor = task.File?.Descriptor ?? -1;
        Fill(entry, task);
        return true;
    }

    private void Begin(EngineTask task)
    {
        task.State = EngineTaskState.InKernel;
        task.StartedAt = Stopwatch.GetTimestamp();
        _kernelTasks++;
        Count(task);
        if (!task.Rule.Has(OperationUses.Waits))
            task.Session.Waits.Add(task.TakenAt, task.StartedAt);
    }

    // What is only known now: the file of the chain, a slot for the next accepted socket.
    private Errno Resolve(EngineSession session, EngineTask task)
    {
        ref readonly var entry = ref task.Entry;
        if (entry.File == RingsWire2.FileOfChain && task.File is null)
        {
            if (session.FindFile(task.ChainFile) is not { } made)
                return Errno.EBADF;
            task.File = made;
            made.Users++;
            if (_roots.Count > 0 && task.Rule.Has(OperationUses.Root) && !made.IsOpenedHere)
                return Errno.EXDEV;
        }

        if (entry.Operation == RingsOperation.Close)
        {
            // The task keeps the descriptor from now on; with other users it goes with the last of them.
            var file = task.File!;
            if (file.IsClosing)
                return Errno.EBADF;
            file.IsClosing = true;
            if (file.Users > 1)
                return Errno.None;
            task.File = null;
            session.UncountFile();
            task.ClosingDescriptor = file.Free();
            return Errno.None;
        }

        // What another kind of file makes of the question for the exit status, nobody knows.
        if (entry.Operation == RingsOperation.WaitId && !SharedMemory.IsPidFd(task.File!.Descriptor))
            return Errno.EBADF;
        if (entry.Operation == RingsOperation.Accept && task.NewFile is null)
            return KeepSlot(session, task);
        return Errno.None;
    }

    private void Fill(SubmissionEntry* entry, EngineTask task)
    {
        ref readonly var request = ref task.Entry;
        switch (request.Operation)
        {
            case RingsOperation.Read or RingsOperation.Write or RingsOperation.ReadVector or RingsOperation.WriteVector:
                entry->Address = (ulong)task.Data;
                entry->Length = request.Length;
                entry->Offset = request.Offset;
                entry->OperationFlags = request.OperationFlags;


                // A thread of the kernel makes the call: a large copy would hold up everybody else, and what is meant not to sleep in there does,
                // for the lock of a pipe or while somebody changes the length of the file.
                if (task.File is { IsStorage: true } or { Turns: not null })
                    entry->Flags = FlagAsync;
                break;
            case RingsOperation.Fsync:
                entry->Offset = request.Offset;
                entry->Length = (uint)Math.Min(request.Argument0, uint.MaxValue);
                entry->OperationFlags = request.OperationFlags;
                break;
            case RingsOperation.Fallocate:
                entry->Offset = request.Offset;
                entry->Address = request.Argument0;
                entry->Length = request.OperationFlags;
                break;
            case RingsOperation.Ftruncate:
                entry->Offset = request.Offset;
                break;
            case RingsOperation.Open:
                FillOpen(entry, task);
                break;
            case RingsOperation.Close:
                FillClose(entry, task);
                break;
            case RingsOperation.Statx:
                entry->Descriptor = DirectoryOf(task, task.File);
                entry->Address = (ulong)task.Data;
                entry->Length = request.Argument1;
                entry->Offset = (ulong)task.Output;
                entry->OperationFlags = request.OperationFlags | (request.Length == 0 ? AtEmptyPath : 0) | (_roots.Count > 0 ? AtSymlinkNoFollow : 0);
                break;
            case RingsOperation.Rename or RingsOperation.Link:
                entry->Descriptor = DirectoryOf(task, task.File);
                entry->Address = (ulong)task.Data;
                entry->Length = (uint)DirectoryOf(task, task.SecondFile);
                entry->Offset = (ulong)task.Output;
                entry->OperationFlags = request.OperationFlags;
                break;
            case RingsOperation.Unlink:
                entry->Descriptor = DirectoryOf(task, task.File);
                entry->Address = (ulong)task.Data;
                entry->OperationFlags = request.OperationFlags;
                break;
            case RingsOperation.MakeDirectory:
                entry->Descriptor = DirectoryOf(task, task.File);
                entry->Address = (ulong)task.Data;
                entry->Length = request.Argument1;
                break;
            case RingsOperation.Symlink:
                entry->Descriptor = DirectoryOf(task, task.File);
                entry->Address = (ulong)task.Data;
                entry->Offset = (ulong)task.Output;
                break;
            case RingsOperation.GetAttribute or RingsOperation.SetAttribute:
                entry->Address = (ulong)task.Data;
                entry->Offset = (ulong)task.Output;
                entry->Length = request.Operation == RingsOperation.GetAttribute ? request.Argument1 : (uint)(task.Data + request.Length - task.Output);
                entry->OperationFlags = request.OperationFlags;
                break;
            case RingsOperation.Splice:
                entry->SecondDescriptor = task.SecondFile!.Descriptor;
                entry->Address = request.Argument0;
                entry->Offset = request.Offset;
                entry->Length = request.Length;
                entry->OperationFlags = request.OperationFlags;
                break;
            default:
                FillSocket(entry, task);
                break;
        }
    }

    private static void FillClose(SubmissionEntry* entry, EngineTask task)
    {
        if (task.ClosingDescriptor < 0)
        {
            entry->Opcode = 0;
            return;
        }

        entry->Flags = FlagAsync;
        entry->Descriptor = task.ClosingDescriptor;
    }

    private static void FillSocket(SubmissionEntry* entry, EngineTask task)
    {
        ref readonly var request = ref task.Entry;
        switch (request.Operation)
        {
            case RingsOperation.Socket:
                entry->Descriptor = (int)Math.Min(request.Argument0, int.MaxValue);
                entry->Offset = (request.Argument1 & SocketTypes) | SocketCloseOnExec;
                entry->Length = request.OperationFlags;
                break;
            case RingsOperation.Connect:
                entry->Address = (ulong)task.Data;
                entry->Offset = request.Length;
                break;
            case RingsOperation.Accept:
                *(uint*)task.Control = request.Length;
                entry->Address = (ulong)task.Output;
                entry->Offset = task.Output == null ? 0 : (ulong)task.Control;
                entry->OperationFlags = SocketCloseOnExec;
                break;
            case RingsOperation.Send:
                entry->Address = (ulong)task.Data;
                entry->Length = request.Length;
                entry->OperationFlags = request.OperationFlags | RingConstants.MsgNoSignal;
                break;
            case RingsOperation.Receive:
                var isSliced = request.Argument0 != 0;
                entry->Address = (ulong)task.Data + (isSliced ? task.Slice : 0);
                entry->Length = isSliced ? (uint)request.Argument0 : request.Length;
                entry->OperationFlags = request.OperationFlags;
                break;
            case RingsOperation.Shutdown:
                entry->Length = request.OperationFlags;
                break;
            case RingsOperation.Poll:
                task.IsKernelMultishot = (request.Flags & RingsEntryFlags.Multishot) != 0;
                entry->Length = task.IsKernelMultishot ? PollMultishot : 0;
                entry->OperationFlags = request.OperationFlags;
                break;
            case RingsOperation.WaitId:
                entry->OperationFlags = RingConstants.PollIn;
                break;
            case RingsOperation.FutexWait or RingsOperation.FutexWake:
                entry->Descriptor = (int)Futex32;
                entry->Address = (ulong)task.Data;
                entry->Offset = request.Argument0;
                entry->Address3 = request.Argument1 == 0 ? uint.MaxValue : request.Argument1;
                break;
            default:
                break;
        }
    }

    private int DirectoryOf(EngineTask task, EngineFile? file) =>
        file is not null ? file.Descriptor : _roots.Count > 0 ? _roots[0].Descriptor : AtCurrentDirectory;

    private void FillOpen(SubmissionEntry* entry, EngineTask task)
    {
        ref readonly var request = ref task.Entry;
        var how = (OpenHow*)task.Control;
        how->Flags = (request.Argument0 & KnownOpenFlags) | TreeCalls.CloseOnExec;

        // Nobody waits in the kernel for the other end of a FIFO or for a line; what the file itself does is set right once it is open.
        if ((how->Flags & PathOnlyFlag) == 0)
            how->Flags |= NonBlockFlag;
        how->Mode = (request.Argument0 & CreatingFlags) != 0 ? request.Argument1 : 0;
        how->Resolve = request.OperationFlags;
        var skip = 0;
        entry->Descriptor = DirectoryOf(task, task.File);
        if (_roots.Count > 0)
        {
            how->Resolve |= ResolveConfined;
            if (task.File is null)
                (entry->Descriptor, skip) = RootOf(task.Data);
        }

        entry->Address = (ulong)(task.Data + skip);
        entry->Length = (uint)sizeof(OpenHow);
        entry->Offset = (ulong)how;
    }
}
