using Pentode.Core;
using Pentode.Locks.Record;

namespace Pentode.Locks.Manager;

/// <summary>A request that waits for its lock. Its end is told once, by the callback given with it.</summary>
public sealed class LockRequest
{
    private readonly Action<Result<LockHandle>> _ended;

    internal LockRequest(LockResource resource, AcquireOptions options, long sinceMs, Action<Result<LockHandle>> ended)
    {
        Resource = resource;
        Options = options;
        SinceMs = sinceMs;
        _ended = ended;
    }

    /// <summary>What was asked for.</summary>
    public AcquireOptions Options { get; }

    /// <summary>When, on the manager's clock.</summary>
    public long SinceMs { get; }

    internal LockResource Resource { get; }

    /// <summary>The node's number for it, given when it begins to wait.</summary>
    internal ulong Id { get; set; }

    /// <summary>It waits no more. Under the gate.</summary>
    internal bool IsOver { get; set; }

    internal LockMode Mode => Options.Mode;

    internal IDisposable? Timer { get; set; }

    /// <summary>True once the record was read after this request began: what it says then may be held against the request.</summary>
    internal bool SawRecord { get; set; }

    /// <summary>Withdraws the request: it ends with <paramref name="reason"/> (EINTR unless said otherwise) before this returns, unless it has ended already.</summary>
    public void Cancel(Errno reason = Errno.EINTR) => Resource.Withdraw(this, reason);

    internal void End(Result<LockHandle> result)
    {
        Timer?.Dispose();
        _ended(result);
    }
}
