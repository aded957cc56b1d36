using System.Diagnostics;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Tree;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Tasks on their way into the kernel and back.</summary>
public sealed unsafe partial class RingsServer
{
    private const ushort BestEffortFirst = 0x4000;
    private const ushort BestEffortLast = 0x4007;
    private const uint SocketCloseOnExecNonBlock = 0x80000 | 0x800;
    private const int CloseOnExec = 0x80000;
    private const int NonBlock = 0x800;
    private const int PathOnly = 0x200000;

    // RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS.
    private const ulong ResolveConfined = 0x08 | 0x02;

    // O_ bits that openat2 takes; openat ignores the others.
    private const int KnownOpenFlags = 0x3 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800 | 0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000
        | 0x40000 | 0x80000 | 0x101000 | 0x200000 | 0x410000;

    private const int CreatingFlags = 0x40 | 0x400000;

    private void Fill(SubmissionEntry* entry, RingsTask task, in RingsArguments request, ReadOnlySpan<byte> frame)
    {
        entry->UserData = Tag(TagTask, task.Generation, (uint)task.Index);
        entry->Descriptor = task.File?.Descriptor ?? -1;
        entry->Address = (ulong)task.Data;
        entry->Length = task.Length;
        entry->Personality = task.Kind is RingsKind.Cancel or RingsKind.Close ? (ushort)0 : task.Owner!.Identity.Personality;
        switch (task.Kind)
        {
            case RingsKind.Timeout:
                *(KernelTimespec*)task.Memory = new KernelTimespec { Seconds = (long)(request.Target / 1_000_000_000), Nanoseconds = (long)(request.Target % 1_000_000_000) };
                entry->Opcode = RingsOpcodes.Timeout;
                entry->Address = (ulong)task.Memory;
                entry->Length = 1;
                break;
            case RingsKind.Cancel:
                entry->Address = VictimOf(task.Owner!, request.Target);
                entry->Opcode = entry->Address == 0 ? RingsOpcodes.Nop : RingsOpcodes.AsyncCancel;
                break;
            case >= RingsKind.SockRead and <= RingsKind.FileWrite:
                if (request.PayloadAt > 0)
                    frame[request.PayloadAt..].CopyTo(new Span<byte>(task.Data, _options.IoBytesMax));
                FillTransfer(entry, task);
                break;
            case RingsKind.Poll:
                entry->Opcode = RingsOpcodes.PollAdd;
                entry->Address = 0;
                entry->OperationFlags = request.Mask;
                break;
            case RingsKind.Connect:
                frame[request.PayloadAt..].CopyTo(new Span<byte>(task.Data, _options.IoBytesMax));
                entry->Opcode = RingsOpcodes.Connect;
                entry->Offset = task.Length;
                entry->Length = 0;
                break;
            case RingsKind.Accept:
                *(uint*)task.Memory = task.Length;
                entry->Opcode = RingsOpcodes.Accept;
                entry->Address = task.Length == 0 ? 0 : (ulong)task.Data;
                entry->Offset = task.Length == 0 ? 0 : (ulong)task.Memory;
                entry->Length = 0;
                entry->OperationFlags = SocketCloseOnExecNonBlock;
                break;
            case RingsKind.OpenAt:
                frame[request.PayloadAt..].CopyTo(new Span<byte>(task.Data, _options.IoBytesMax));
                FillOpen(entry, task, request);
                break;
            case RingsKind.Close:
                entry->Opcode = RingsOpcodes.Close;
                entry->Flags = FlagAsync;
                entry->Descriptor = task.ClosingDescriptor;
                entry->Address = 0;
                break;
            default:
                entry->Opcode = RingsOpcodes.Nop;
                entry->Address = 0;
                break;
        }
    }

    private static ushort IoPriorityOf(RingsPriority priority) => priority switch
    {
        RingsPriority.High => BestEffortFirst,
        RingsPriority.Low => BestEffortLast,
        _ => 0,
    };

    private void FillOpen(SubmissionEntry* entry, RingsTask task, in RingsArguments request)
    {
        // No thread of the kernel waits for the other end of a FIFO or for a line; what the file itself does is set right once it is open.
        var flags = request.OpenFlags | CloseOnExec | ((request.OpenFlags & PathOnly) == 0 ? NonBlock : 0);
        task.StatusFlags = flags != (request.OpenFlags | CloseOnExec) ? request.OpenFlags & KnownOpenFlags : -1;
        if (_roots.Count == 0)
        {
            entry->Opcode = RingsOpcodes.OpenAt;
            entry->Descriptor = AtCurrentDirectory;
            entry->Length = request.OpenMode;
            entry->OperationFlags = (uint)flags;
            return;
        }

        var (root, skip) = RootOf(new ReadOnlySpan<byte>(task.Data, (int)task.Length - 1));
        var how = (OpenHow*)task.Memory;
        how->Flags = (ulong)(uint)(flags & (KnownOpenFlags | CloseOnExec));
        how->Mode = (request.OpenFlags & CreatingFlags) != 0 ? request.OpenMode & 0xFFF : 0;
        how->Resolve = ResolveConfined;
        entry->Opcode = RingsOpcodes.OpenAt2;
        entry->Descriptor = root;
        entry->Address = (ulong)(task.Data + skip);
        entry->Length = (uint)sizeof(OpenHow);
        entry->Offset = (ulong)how;
    }

    // An absolute path beneath a root is taken from there; any other one, from the first root, which refuses absolute ones (EXDEV).
    private (int Root, int Skip) RootOf(ReadOnlySpan<byte> path)
    {
        foreach (var (root, descriptor) in _roots)
        {
            if (path.StartsWith(root) && path.Length > root.Length + 1 && path[root.Length] == '/')
                return (descriptor, root.Length + 1);
        }

        return (_roots[0].Descriptor, 0);
    }

    // user_data of a task the session may cancel; 0 for one that is cancelled already, as it was not with the kernel; else one that no request has, so that the kernel says ENOENT.
    private ulong VictimOf(RingsSession session, ulong target)
    {
        foreach (var task in _tasks)
        {
            if (task.Id == target && task.Owner is { } owner)
            {
                var mayCancel = _options.CancelAny || ReferenceEquals(owner, session) || owner.Peer.Uid == session.Peer.Uid;
                if (mayCancel && CancelWaiting(task))
                    return 0;
                return mayCancel ? Tag(TagTask, task.Generation, (uint)task.Index) : ulong.MaxValue;
            }
        }

        return ulong.MaxValue;
    }

    // CLOSE goes on, or its descriptor would stay behind.
    private void CancelAll(RingsSession session)
    {
        foreach (var task in _tasks)
        {
            if (task.Id == 0 || !ReferenceEquals(task.Owner, session) || task.Kind is RingsKind.Close or RingsKind.Cancel)
                continue;
            if (CancelWaiting(task))
                continue;
            var entry = Next();
            if (entry == null)
            {
                _cancelAgainAt = 0;
                _again = true;
                return;
            }

            entry->Opcode = RingsOpcodes.AsyncCancel;
            entry->Address = Tag(TagTask, task.Generation, (uint)task.Index);
            entry->UserData = Tag(TagIgnore, 0, 0);
        }
    }

    // What went on: the ring was full, or the kernel missed a task that was on its way from one of its queues to another. A cancel that finds nothing does no harm.
    private void RetryCancels()
    {
        if (_ending.Count == 0 || Stopwatch.GetTimestamp() < _cancelAgainAt)
            return;
        _cancelAgainAt = Stopwatch.GetTimestamp() + s_askAgainAfter;
        _ending.RemoveAll(static session => session.Outstanding == 0);
        foreach (var session in _ending)
            CancelAll(session);
    }

    private void OnTaskCompleted(RingsTask task, int result)
    {
        LeaveTurn(task);
        var session = task.Owner!;
        var payload = default(ReadOnlySpan<byte>);
        var resource = task.Resource;
        switch (task.Kind)
        {
            case RingsKind.SockRead or RingsKind.FileRead:
                payload = new ReadOnlySpan<byte>(task.Data, Math.Max(0, result));
                Count(ref session.BytesRead, ref _bytesRead, payload.Length);
                break;
            case RingsKind.SockReadFixed:
                payload = new ReadOnlySpan<byte>(task.Buffer!.Memory, Math.Max(0, result));
                Count(ref session.BytesRead, ref _bytesRead, payload.Length);
                if (result >= 0)
                    task.Buffer.Length = (uint)result;
                break;
            case RingsKind.SockWrite or RingsKind.FileWrite or RingsKind.SockWriteFixed:
                Count(ref session.BytesWritten, ref _bytesWritten, Math.Max(0, result));
                break;
            case RingsKind.Accept or RingsKind.OpenAt:
                result = Install(task, result);
                if (result > 0)
                    resource = (uint)result;
                if (result > 0 && task.Kind == RingsKind.Accept)
                    payload = new ReadOnlySpan<byte>(task.Data, (int)Math.Min(*(uint*)task.Memory, task.Length));
                break;
            case RingsKind.Close when result == -(int)Errno.ECANCELED:
                CloseDescriptor(task.ClosingDescriptor);
                break;
            default:
                break;
        }

        _completions++;
        _outstanding--;
        session.Outstanding--;
        session.Reserved -= task.Reserved;
        if (task.UsesCredit)
        {
            _creditTasks--;
            session.CreditTasks--;
        }

        session.BytesInFlight -= task.CountedBytes;
        session.User.Give(task.UsesCredit ? 1 : 0, task.CountedBytes, _options);
        if (task.IsOverdue && result is -(int)Errno.ECANCELED or -(int)Errno.EINTR)
            result = -(int)Errno.ETIMEDOUT;

        if (!session.IsGone)
        {
            var length = RingsWire.CompletionSize + payload.Length;
            _ = new RingsCompletion
            {
                Header = RingsHeader.Current,
                Task = task.Id,
                Result = result,
                Kind = task.Kind,
                PayloadLength = (ushort)payload.Length,
                Payload = payload,
            }.Write(session.Reply(length));
            Activate(session);
        }

        LetGo(session, task);
        var isTransfer = task.Kind is >= RingsKind.SockRead and <= RingsKind.FileWrite;
        _trace.Add(RingsTraceKind.Completion, task.Kind, task.Priority, session.Slot, task.Id, resource, result, Credits, isTransfer && result > 0 ? (uint)result : 0);
        task.Id = 0;
        task.Owner = null;
        task.File = null;
        task.NewFile = null;
        task.Buffer = null;
        _freeTasks.Push(task);
        if (session.IsGone)
            _holdings.Forget(session.User);
    }

    private static void Count(ref long one, ref long all, int amount)
    {
        one += amount;
        all += amount;
    }

    // The new descriptor of ACCEPT and OPENAT gets the slot and id kept for it.
    private int Install(RingsTask task, int result)
    {
        var session = task.Owner!;
        var file = task.NewFile!;
        file.InFlight = 0;
        if (result >= 0 && !session.IsGone && file.Id <= int.MaxValue)
        {
            if (task is { Kind: RingsKind.OpenAt, StatusFlags: >= 0 })
                _ = TreeCalls.SetStatusFlags(result, task.StatusFlags);
            file.Descriptor = result;
            Learn(file, task.Kind == RingsKind.OpenAt ? FileNature.Of(result) : default);
            _files++;
            return (int)file.Id;
        }

        if (result >= 0)
        {
            CloseDescriptor(result);
            result = session.IsGone ? -(int)Errno.ECANCELED : -(int)Errno.EPROTO;
        }

        FreeFile(session, file);
        return result;
    }

    private void LetGo(RingsSession session, RingsTask task)
    {
        if (task.File is { } file)
        {
            file.InFlight--;
            if (file.InFlight == 0 && file.IsClosing)
                FreeFile(session, file);
        }

        if (task.Buffer is { } buffer)
        {
            buffer.InFlight--;
            if (buffer.InFlight == 0 && buffer.IsClosing)
                FreeBuffer(session, buffer);
        }
    }
}
