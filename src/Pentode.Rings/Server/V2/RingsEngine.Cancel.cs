using System.Diagnostics;
using Pentode.Core;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Server.V2;

/// <content>Operations that are to end before their time.</content>
internal sealed unsafe partial class RingsEngine
{
    private static readonly long s_askAgainAfter = Stopwatch.Frequency / 10;

    private int CancelMatching(EngineTask request)
    {
        ref readonly var asked = ref request.Entry;
        var isAll = asked.OperationFlags != 0;
        var file = (asked.OperationFlags & 2) != 0 ? request.Session.FindFile(asked.File) : null;
        if (asked.OperationFlags == 2 && file is null)
            return -(int)Errno.ENOENT;
        _matches.Clear();
        for (var task = request.Session.Tasks; task is not null; task = task.Next)
        {
            var isMatch = !ReferenceEquals(task, request) && (file is null ? task.Entry.UserData == asked.Argument0 : ReferenceEquals(task.File, file));
            if (isMatch && !task.Rule.Has(OperationUses.Free))
                _matches.Add((task, task.Generation));
        }

        if (_matches.Count == 0)
            return -(int)Errno.ENOENT;

        // The list begins with the youngest.
        var count = isAll ? _matches.Count : 1;
        for (var i = _matches.Count - count; i < _matches.Count; i++)
        {
            var (task, generation) = _matches[i];
            if (task.Generation == generation && task.State != EngineTaskState.Free)
                End(task, Errno.ECANCELED);
        }

        _matches.Clear();
        return count;
    }

    // Asks an operation to end, or ends it where the server can.
    private void End(EngineTask task, Errno reason)
    {
        if (task.State != EngineTaskState.InKernel)
        {
            Activate(task.Session);
            Complete(task, -(int)reason, 0);
            return;
        }

        // A close goes on, or its descriptor would stay behind.
        task.EndReason = (int)reason;
        if (task.Entry.Operation == RingsOperation.Close)
            return;
        Cancel(Tag(TagTask, task.Generation, (uint)task.Index));

        // The kernel may miss an operation that is on its way from one of its queues to another: it is asked until the operation is over.
        task.DeadlineAt = Stopwatch.GetTimestamp() + s_askAgainAfter;
        _times.Update(task);
    }

    private void CancelAll(EngineSession session)
    {
        for (var task = session.Tasks; task is not null; task = task.Next)
        {
            task.ChainNext = null;
            task.ChainPrevious = null;
        }

        EngineTask? next;
        for (var task = session.Tasks; task is not null; task = next)
        {
            next = task.Next;
            End(task, Errno.ECANCELED);
        }
    }
}
