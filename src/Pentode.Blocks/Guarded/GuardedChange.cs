using Pentode.Core;

namespace Pentode.Blocks.Guarded;

/// <summary>One change on its way through a <see cref="GuardedBackend"/>; run once, off the loops, where backends answer at once.</summary>
internal sealed class GuardedChange(IBlockBackend inner, IWriteGuard guard, GuardedChangeKind kind, long offset, long length)
{
    public ReadOnlyMemory<byte> Data { get; init; }

    public bool Durable { get; init; }

    public ZeroFlags Flags { get; init; }

    /// <summary>True when <see cref="Outcome"/> may be read.</summary>
    public bool HasRun { get; private set; }

    /// <summary>How it ended.</summary>
    public Errno Outcome { get; private set; }

    public void Run()
    {
        Outcome = guard.Check();
        if (Outcome == Errno.None)
            Outcome = Wait(Start());
        if (Outcome == Errno.None)
            Outcome = guard.Check();
        HasRun = true;
    }

    private static Errno Wait(ValueTask<Errno> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

    private ValueTask<Errno> Start() => kind switch
    {
        GuardedChangeKind.Write => inner.Write(Data, offset, Durable),
        GuardedChangeKind.Zero => inner.Zero(offset, length, Flags),
        GuardedChangeKind.Trim => inner.Trim(offset, length, Durable),
        _ => inner.Flush(),
    };
}
