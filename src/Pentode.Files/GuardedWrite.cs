using Pentode.Core;

namespace Pentode.Files;

/// <summary>
/// A write that a guard must allow, run off the loops where the file is written in place: the question is asked in the instruction before the
/// system call, and once more after it so that nothing is acknowledged that was written without the right.
/// </summary>
internal sealed class GuardedWrite(IOpenFile file, ReadOnlyMemory<byte> buffer, long offset, IWriteGuard guard, CallIdentity? call)
{
    public static readonly Func<object?, int> Job = static state =>
    {
        ((GuardedWrite)state!).Run();
        return 0;
    };

    public bool HasRun { get; private set; }

    public Result<int> Outcome { get; private set; }

    public void Run()
    {
        Outcome = Once();
        HasRun = true;
    }

    private Result<int> Once()
    {
        if (guard.Check() is var before and not Errno.None)
            return before;
        var task = file.Write(buffer, offset, call);
        var result = task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();
        return result.IsOk && guard.Check() is var after and not Errno.None ? after : result;
    }
}
