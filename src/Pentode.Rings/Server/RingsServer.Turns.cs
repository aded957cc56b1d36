using Pentode.Core;
using Pentode.Linux;
using Pentode.Linux.Uring;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Transfers that must not be made while everybody waits: on pipes, and reads of files that would sleep.</summary>
public sealed unsafe partial class RingsServer
{
    private const int RegularFile = 0x8000;
    private const int BlockDevice = 0x6000;
    private const int PipeFile = 0x1000;

    // Accepted and not with the kernel: those whose turn it is, and those that were cancelled.
    private readonly Queue<(RingsTask Task, uint Generation)> _due = new();

    private static void Learn(RingsFile file, int type)
    {
        file.IsStorage = type is RegularFile or BlockDevice;
        file.IsSlow = false;
        file.Turns = type == PipeFile ? new PipeTurns<RingsTask>() : null;
    }

    // Decides who makes the call, for an entry that is filled.
    private void Place(SubmissionEntry* entry, RingsTask task)
    {
        task.IsHasty = task.IsWaiting = task.IsCancelled = task.HasTurn = false;
        if (!task.IsTransfer)
            return;
        if (task.File is { IsStorage: true } && task.IsRead)
        {
            task.IsHasty = !task.File.IsSlow;
            if (task.IsHasty)
                entry->OperationFlags = HastyRead.NoWait;
            else
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
        entry->Address = (ulong)(task.Buffer is { } buffer ? buffer.Memory : task.Data);
        entry->Length = task.Length;
        entry->IoPriority = IoPriorityOf(task.Priority);
        entry->Personality = task.Owner!.Identity.Personality;
    }

    // True when the result is not the client's: the read is made once more by a thread of the kernel.
    private bool MustGoOn(RingsTask task, int result)
    {
        if (!task.IsHasty || !HastyRead.IsUnfinished(result, 0, task.Length) || task.Owner!.IsGone)
            return false;
        task.IsHasty = false;
        task.File!.IsSlow |= result == -(int)Errno.EOPNOTSUPP;
        MakeDue(task);
        return true;
    }

    private void LeaveTurn(RingsTask task)
    {
        if (!task.HasTurn)
            return;
        task.HasTurn = false;
        var next = task.File!.Turns!.Leave(!task.IsRead, static (waiting, generation) => waiting.Id != 0 && waiting.Generation == generation && waiting is { IsWaiting: true, IsCancelled: false });
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
