using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Locks.Record;
using Pentode.Locks.Sessions;

namespace Pentode.Locks.Manager;

/// <summary>
/// One lock on this node: what is known of its record, what of it is cached here, who uses it and who waits. This file is the local side; the engine side
/// (<c>LockResource.Engine.cs</c>) moves the record to where the local side needs it. All state is guarded by the manager's gate.
/// </summary>
internal sealed partial class LockResource
{
    private readonly List<LockHandle> _handles = [];
    private readonly List<LockRequest> _waiters = [];
    private readonly List<(long Version, Action<Errno> Ended)> _flushes = [];
    private readonly byte[] _value = new byte[LockRecord.ValueBytes];

    private int _sharedHolders;
    private int _exclusiveHolders;
    private LockMode _level;
    private LockMode? _yieldTo;
    private LockMode _blocking;
    private long _blockingSinceMs;
    private ulong _token;
    private long _grantedAtMs;
    private ValueState _valueState;
    private long _valueVersion;
    private long _committedVersion;
    private bool _flushBehind;
    private List<Action<Errno>>? _drops;

    internal LockResource(LockDomain domain, LockName name)
    {
        Domain = domain;
        Name = name;
        _key = domain.Manager.Keys.Record(domain.Name, name);
    }

    internal LockDomain Domain { get; }

    internal LockName Name { get; }

    internal LockManager Manager => Domain.Manager;

    internal bool IsInUse => _handles.Count > 0 || _waiters.Count > 0;

    internal bool IsForgotten { get; private set; }

    internal LockMode Level => _level;

    internal IReadOnlyList<LockHandle> Handles => _handles;

    internal IReadOnlyList<LockRequest> Waiters => _waiters;

    private bool IsDirty => _valueVersion != _committedVersion;

    // What may be handed out from here: not what is being given away at this moment.
    private LockMode Admissible => _yieldTo is { } to && to < _level ? to : _level;

    /// <summary>Grants from what is cached; null when that cannot be done at once. Under the gate.</summary>
    internal LockHandle? TryCached(in AcquireOptions options, long nowMs)
    {
        if (!CanAdmit(options, nowMs, nowMs, isNewGrant: false, waitersBefore: _waiters.Count))
            return null;
        return Admit(options, nowMs);
    }

    /// <summary>Queues a request that <see cref="TryCached"/> could not serve, or says at once why not. Under the gate.</summary>
    internal Errno Enqueue(LockRequest request, AfterGate after)
    {
        if (_drops is not null)
            return Errno.EAGAIN;
        if (request.Options.Try && !Manager.IsLive)
            return Errno.ENOTCONN;
        if (request.Options.Try && Admissible >= request.Mode)
            return Errno.EAGAIN;
        request.Id = Manager.NextWait();
        _waiters.Add(request);
        if (!request.Options.Try && request.Options.TimeoutMs < 0 && Domain.Options.DetectDeadlocks)
            Manager.Deadlocks.OnWaiting(request);
        var limit = request.Options.Try ? Domain.Options.TryRecallMs : request.Options.TimeoutMs;
        if (limit >= 0 && !IsWithoutQueue(request))
        {
            var reason = request.Options.Try ? Errno.EAGAIN : Errno.ETIMEDOUT;
            request.Timer = Manager.Clock.Schedule(limit, () => Withdraw(request, reason));
        }

        if (_problem is not null)
            _mustRead = true;
        after.Run(this);
        return Errno.None;
    }

    /// <summary>Ends a waiting request; false when it has ended already.</summary>
    internal bool Withdraw(LockRequest request, Errno reason)
    {
        var after = new AfterGate();
        lock (Manager.Gate)
        {
            if (!Leave(request))
                return false;
            after.Add(() => request.End(reason));
            // Others may have waited behind it, and the engine has to withdraw its place.
            AdmitWaiters(isNewGrant: false, after);
            after.Run(this);
        }

        after.Run();
        return true;
    }

    internal void FailWaiters(Errno reason, Predicate<LockRequest> which, AfterGate after)
    {
        foreach (var request in _waiters.Where(w => which(w)).ToArray())
        {
            Leave(request);
            after.Add(() => request.End(reason));
        }
    }

    internal LockMode BlockingFor(LockHandle handle)
    {
        lock (Manager.Gate)
            return handle.State == HandleState.Held && !LockModes.AreCompatible(handle.Mode, _blocking) ? _blocking : LockMode.Null;
    }

    internal CancellationToken LostToken(LockHandle handle, ref CancellationTokenSource? source)
    {
        lock (Manager.Gate)
        {
            source ??= new CancellationTokenSource();
            if (handle.State == HandleState.Lost && !source.IsCancellationRequested)
                return new CancellationToken(canceled: true);
            return source.Token;
        }
    }

    internal Result<int> ReadValue(LockHandle handle, Span<byte> destination, int offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (Usable(handle) is var error && error != Errno.None)
            return error;
        lock (Manager.Gate)
        {
            if (handle.State != HandleState.Held)
                return Errno.ESTALE;
            if (offset >= LockRecord.ValueBytes)
                return 0;
            var count = Math.Min(destination.Length, LockRecord.ValueBytes - offset);
            _value.AsSpan(offset, count).CopyTo(destination);
            return count;
        }
    }

    internal Result<int> WriteValue(LockHandle handle, ReadOnlySpan<byte> value, int offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (Usable(handle) is var error && error != Errno.None)
            return error;
        if (offset >= LockRecord.ValueBytes)
            return Errno.ENOSPC;
        var count = Math.Min(value.Length, LockRecord.ValueBytes - offset);
        var after = new AfterGate();
        lock (Manager.Gate)
        {
            if (handle.State != HandleState.Held)
                return Errno.ESTALE;
            if (handle.Mode != LockMode.Exclusive)
                return Errno.EBADF;
            if (count == 0)
                return 0;
            value[..count].CopyTo(_value.AsSpan(offset));
            _valueState = ValueState.Valid;
            handle.WroteVersion = ++_valueVersion;
            if (Domain.Options.WriteThrough)
            {
                _flushBehind = true;
                after.Run(this);
            }
        }

        after.Run();
        return count;
    }

    internal Result<ValueState> ReadValueState(LockHandle handle)
    {
        if (Usable(handle) is var error && error != Errno.None)
            return error;
        lock (Manager.Gate)
            return handle.State == HandleState.Held ? _valueState : Errno.ESTALE;
    }

    internal void Flush(LockHandle handle, Action<Errno> ended)
    {
        var error = Usable(handle);
        var after = new AfterGate();
        lock (Manager.Gate)
        {
            if (error == Errno.None && handle.State != HandleState.Held)
                error = Errno.ESTALE;
            if (error != Errno.None || !IsDirty)
            {
                after.Add(() => ended(error));
            }
            else
            {
                _flushes.Add((_valueVersion, ended));
                after.Run(this);
            }
        }

        after.Run();
    }

    internal Errno Downgrade(LockHandle handle)
    {
        if (Usable(handle) is var error && error != Errno.None)
            return error;
        var after = new AfterGate();
        lock (Manager.Gate)
        {
            if (handle.State != HandleState.Held)
                return Errno.ESTALE;
            if (handle.Mode != LockMode.Exclusive)
                return Errno.EINVAL;
            handle.Mode = LockMode.Shared;
            _exclusiveHolders--;
            _sharedHolders++;
            AfterUse(handle, after);
        }

        after.Run();
        return Errno.None;
    }

    internal Errno Release(LockHandle handle)
    {
        AfterGate? after = null;
        lock (Manager.Gate)
        {
            if (handle.State == HandleState.Released)
                return Errno.EBADF;
            var wasLost = handle.State == HandleState.Lost;
            handle.State = HandleState.Released;
            if (wasLost)
                return handle.HasLostValue ? Errno.ESTALE : Errno.None;
            _handles.Remove(handle);
            if (handle.Mode == LockMode.Exclusive)
                _exclusiveHolders--;
            else
                _sharedHolders--;
            Domain.Manager.CountHolders(-1);
            if (_waiters.Count > 0 || _blocking != LockMode.Null || (IsDirty && handle.WroteVersion > _committedVersion))
            {
                after = new AfterGate();
                AfterUse(handle, after);
            }
        }

        after?.Run();
        return Errno.None;
    }

    /// <summary>Gives the node's part of the lock up for good: EBUSY while it is used or waited for. Under the gate; <paramref name="ended"/> comes later.</summary>
    internal Errno Drop(Action<Errno> ended, AfterGate after)
    {
        if (IsInUse)
            return Errno.EBUSY;
        (_drops ??= []).Add(ended);
        after.Run(this);
        return Errno.None;
    }

    /// <summary>Takes everything away from local users, because the session or the entry is gone. Under the gate.</summary>
    internal void LoseGrant(AfterGate after)
    {
        var handles = _handles.ToArray();
        _handles.Clear();
        Manager.CountHolders(-handles.Length);
        foreach (var handle in handles)
        {
            handle.State = HandleState.Lost;
            handle.HasLostValue = handle.WroteVersion > _committedVersion;
            if (handle.LostSource is { } source)
                after.Add(source.Cancel);
            after.Add(() => handle.Observer?.OnLost(handle));
        }

        foreach (var (_, ended) in _flushes)
            after.Add(() => ended(Errno.ESTALE));
        _flushes.Clear();
        _sharedHolders = _exclusiveHolders = 0;
        _level = LockMode.Null;
        _blocking = LockMode.Null;
        _token = 0;
        _committedVersion = _valueVersion;
        _flushBehind = false;
        if (handles.Length > 0)
            Manager.Counters.Lost.Add(handles.Length);
    }

    private void AfterUse(LockHandle handle, AfterGate after)
    {
        if (handle.WroteVersion > _committedVersion)
            _flushBehind = true;
        AdmitWaiters(isNewGrant: false, after);
        after.Run(this);
    }

    private Errno Usable(LockHandle handle) =>
        handle.State == HandleState.Released ? Errno.EBADF
        : handle.State == HandleState.Lost || !Manager.CheckLive() ? Errno.ESTALE
        : Errno.None;

    private bool CanAdmit(in AcquireOptions options, long sinceMs, long nowMs, bool isNewGrant, int waitersBefore)
    {
        var mode = options.Mode;
        if (Admissible < mode || _drops is not null || !Manager.MayGrant(mode, nowMs, isNewGrant))
            return false;
        // Somebody waits for us to give way: no use begins that would keep him waiting, unless it was asked for before him, or by one who will not
        // end what he uses before he has it.
        if (_blocking != LockMode.Null && mode > LockModes.HighestBeside(_blocking) && !isNewGrant
            && sinceMs >= _blockingSinceMs && nowMs >= _grantedAtMs + Domain.Options.MinHoldMs && !IsPinned(options))
        {
            return false;
        }

        return IsLocallyFree(options, waitersBefore);
    }

    private bool IsLocallyFree(in AcquireOptions options, int waitersBefore)
    {
        var excludes = ExcludesLocally(options);
        foreach (var handle in _handles)
        {
            if ((excludes || ExcludesLocally(handle.Options)) && !LockModes.AreCompatible(handle.Mode, options.Mode))
                return false;
        }

        for (var i = 0; i < waitersBefore; i++)
        {
            if ((excludes || ExcludesLocally(_waiters[i].Options)) && !LockModes.AreCompatible(_waiters[i].Mode, options.Mode))
                return false;
        }

        return true;
    }

    private bool ExcludesLocally(in AcquireOptions options) => options.ExcludeLocally || Domain.Options.ExcludeLocally;

    private bool IsWithoutQueue(LockRequest request) => request.Options.Try && Domain.Options.TryRecallMs <= 0;

    private LockHandle Admit(in AcquireOptions options, long nowMs)
    {
        var handle = new LockHandle(this, options, _token, nowMs) { OpenerStart = Manager.StartOf(options, Domain.Options.Loss) };
        _handles.Add(handle);
        if (options.Mode == LockMode.Exclusive)
            _exclusiveHolders++;
        else
            _sharedHolders++;
        Manager.CountHolders(1);
        return handle;
    }

    private void AdmitWaiters(bool isNewGrant, AfterGate after)
    {
        var nowMs = Manager.Clock.NowMs;
        for (var i = 0; i < _waiters.Count;)
        {
            var request = _waiters[i];
            if (!CanAdmit(request.Options, request.SinceMs, nowMs, isNewGrant, i))
            {
                i++;
                continue;
            }

            Leave(request);
            var handle = Admit(request.Options, nowMs);
            Manager.Counters.Waited(nowMs - request.SinceMs);
            after.Add(() => request.End(handle));
        }
    }

    private bool Leave(LockRequest request)
    {
        if (!_waiters.Remove(request))
            return false;
        request.IsOver = true;
        Manager.Deadlocks.OnEnded(request);
        return true;
    }

    private void NotifyBlocking(LockMode before, AfterGate after)
    {
        if (_blocking == LockMode.Null || _blocking <= before)
            return;
        var wanted = _blocking;
        foreach (var handle in _handles)
        {
            if (!LockModes.AreCompatible(handle.Mode, wanted))
                after.Add(() => handle.Observer?.OnBlocking(handle, wanted));
        }
    }
}
