using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Operations that go on after a completion.</content>
internal sealed unsafe partial class RingsEngine
{
    // A completion of a multishot, or its end.
    private void Shot(EngineTask task, int result, ulong extra, bool hasMore)
    {
        if (task.Session.IsGone)
            return;
        if (task.Entry.Operation == RingsOperation.Poll)
        {
            ShotPoll(task, result, hasMore);
            return;
        }

        var isOver = result < 0 || task.EndReason > 0 || (task.Entry.Operation == RingsOperation.Receive && result == 0);
        if (isOver)
        {
            Complete(task, result, extra);
            return;
        }

        task.Shots--;
        PostMore(task, result, extra);
        if (task.Entry.Operation == RingsOperation.Receive)
        {
            task.Slice += task.Entry.Argument0;
            if (task.Slice + task.Entry.Argument0 > task.Entry.Length)
                task.Slice = 0;
        }

        Continue(task);
    }

    private void ShotPoll(EngineTask task, int result, bool hasMore)
    {
        if (result < 0)
        {
            // Asked to rest for want of shots; some may have come meanwhile.
            if (task.EndReason == EngineTask.ToRest)
            {
                task.EndReason = 0;
                Continue(task);
            }
            else
            {
                Complete(task, result, 0);
            }

            return;
        }

        task.Slice |= (uint)result;
        if (task.Shots > 0)
        {
            var events = (int)task.Slice;
            task.Slice = 0;
            task.Shots--;
            PostMore(task, events, 0);
        }

        if (hasMore)
        {
            if (task.Shots == 0 && task.EndReason == 0)
            {
                task.EndReason = EngineTask.ToRest;
                Cancel(Tag(TagTask, task.Generation, (uint)task.Index));
            }

            return;
        }

        if (task.EndReason > 0)
        {
            Complete(task, -task.EndReason, 0);
            return;
        }

        task.EndReason = 0;
        Continue(task);
    }

    // The next round of a multishot, or rest.
    private void Continue(EngineTask task)
    {
        if (task.Shots == 0)
        {
            task.State = EngineTaskState.Resting;
            return;
        }

        if (task.Entry.Operation == RingsOperation.Poll && task.Slice != 0)
        {
            var events = (int)task.Slice;
            task.Slice = 0;
            task.Shots--;
            PostMore(task, events, 0);
            if (task.Shots == 0)
            {
                task.State = EngineTaskState.Resting;
                return;
            }
        }

        task.State = EngineTaskState.Pending;
        _prompt.Enqueue((task, task.Generation));
        _again = true;
    }

    private int Grant(EngineTask request)
    {
        for (var task = request.Session.Tasks; task is not null; task = task.Next)
        {
            if (task.Entry.UserData != request.Entry.Argument0 || (task.Entry.Flags & RingsEntryFlags.Multishot) == 0)
                continue;
            task.Shots = (uint)Math.Min(task.Shots + (ulong)request.Entry.Argument1, uint.MaxValue);
            if (task.State == EngineTaskState.Resting)
                Continue(task);
            return 0;
        }

        return -(int)Errno.ENOENT;
    }
}
