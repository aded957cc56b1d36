using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Who makes the call of a transfer, so that nobody else waits for it.</summary>
public sealed unsafe partial class RingsServer
{
    // A read of more would hold up everybody else.
    private const int HereBytes = 16 << 10;

    // Accepted and not with the kernel: those whose turn it is, and those that were cancelled.
    private readonly Queue<(RingsTask Task, uint Generation)> _due = new();

    private static void Learn(RingsFile file, FileNature nature)
    {
        file.Nature = nature;
        file.Turns = nature.IsPipe ? new PipeTurns<RingsTask>(static (task, generation) => task is { Id: not 0, IsWaiting: true, IsCancelled: false } && task.Generation == generation) : null;
    }

    // The ring would give it to a thread of the kernel, since tmpfs cannot promise not to wait: two changes of threads for a copy of a page.
    private static bool IsHere(RingsFile? file, in RingsArguments request) =>
        file is { Nature.IsInMemory: true } && request is { Kind: RingsKind.FileRead or RingsKind.SockRead or RingsKind.SockReadFixed, Length: <= HereBytes };

    private void ReadHere(RingsTask task) => OnTaskCompleted(task, FileCalls.Pread(task.File!.Descriptor, task.Bytes, (int)task.Length, 0));

    // For an entry that is filled. A thread of the kernel makes the call where what is meant not to sleep in there does, for the lock of a pipe or while
    // somebody changes the length of the file.
    private void Place(SubmissionEntry* entry, RingsTask task)
    {
        if (!task.IsTransfer)
            return;
        if (task.File is { Nature.IsStorage: true })
        {
            entry->Flags = FlagAsync;
        }
        else if (task.File!.Turns is { } turns)
        {
            task.HasTurn = turns.TryEnter(task, task.Generation, !task.IsRead);
            task.IsWaiting = !task.HasTurn;
            if (task.HasTurn)
                entry->Flags = FlagAsync;
            else
                *entry = new SubmissionEntry { Opcode = RingsOpcodes.Nop, UserData = Tag(TagIgnore, 0, 0) };
        }
    }

    private void FillTransfer(SubmissionEntry* entry, RingsTask task)
    {
        entry->UserData = Tag(TagTask, task.Generation, (uint)task.Index);
        entry->Opcode = task.IsRead ? RingsOpcodes.Read : RingsOpcodes.Write;
        entry->Descriptor = task.File!.Descriptor;
        entry->Address = (ulong)task.Bytes;
        entry->Length = task.Length;
        entry->IoPriority = IoPriorityOf(task.Priority);
        entry->Personality = task.Owner!.Identity.Personality;
    }

    private void LeaveTurn(RingsTask task)
    {
        if (!task.HasTurn)
            return;
        task.HasTurn = false;
        var next = task.File!.Turns!.Leave(!task.IsRead);
        if (next is null)
            return;
        next.HasTurn = true;
        MakeDue(next);
    }

    // True when the task was not with the kernel; it ends with the next look at what is due.
    private bool CancelWaiting(RingsTask task)
    {
        if (!task.IsWaiting)
            return false;
        if (!task.IsCancelled)
            MakeDue(task);
        task.IsCancelled = true;
        return true;
    }

    private void MakeDue(RingsTask task)
    {
        task.IsWaiting = true;
        _due.Enqueue((task, task.Generation));
        _again = true;
    }

    private void StartDue()
    {
        while (_due.TryPeek(out var due))
        {
            var task = due.Task;
            if (task.Id == 0 || task.Generation != due.Generation || !task.IsWaiting)
            {
                _due.Dequeue();
                continue;
            }

            if (!task.IsCancelled)
            {
                var entry = Next();
                if (entry == null)
                {
                    _again = true;
                    return;
                }

                FillTransfer(entry, task);
                entry->Flags = FlagAsync;
                _stagedTasks++;
            }

            _due.Dequeue();
            task.IsWaiting = false;
            if (task.IsCancelled)
                OnTaskCompleted(task, -(int)Errno.ECANCELED);
        }
    }
}
