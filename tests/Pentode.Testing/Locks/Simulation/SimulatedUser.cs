using Pentode.Core;
using Pentode.Locks;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Testing.Locks.Simulation;

/// <summary>
/// A program that takes locks again and again on one node: shared or exclusive, by tries, with time limits, withdrawing some requests, upgrading some
/// locks, reading and writing the value. What it does is in the history.
/// </summary>
internal sealed class SimulatedUser(SimulatedNode node, int pid, int uses) : ISimulatedUser, ILockObserver
{
    private const int LongestUseUs = 40_000;
    private const int TouchUs = 4000;
    private const long SignalWithinUs = 100_000;

    private readonly SimulatedHost _host = node.Host;
    private int _left = uses;
    private LockRequest? _request;
    private HistoryEntry? _use;
    private LockHandle? _handle;
    private LockHandle? _base;
    private long _endUs;
    private long _validUntilUs;
    private long _askedUs;
    private bool _isUpgrade;

    private SimulatedWorld World => _host.World;

    public bool IsDone { get; private set; }

    /// <summary>Since when it waits, or null.</summary>
    public long? WaitingSinceUs => _request is null ? null : _askedUs;

    public string Words => $"{node.Name}/{pid} {(_request is null ? "idle" : $"waits for {_request.Options.Mode} since {_askedUs / 1000} ms")}, {_left} uses left";

    public void Start() => _host.On(World.NowUs + World.Between(0, 20_000), Next);

    /// <summary>The machine was killed: what it used ends with the last moment it was seen to use it.</summary>
    public void OnKilled()
    {
        if (_use is { } use)
            node.Cluster.History.Add(use with { Outcome = HistoryOutcome.Killed });
        _use = null;
        IsDone = true;
    }

    public void OnBlocking(LockHandle handle, LockMode wanted)
    {
    }

    public void OnLost(LockHandle handle)
    {
        if (handle == _handle && _use is not null)
        {
            _use = _use with { SignalledNs = World.NowUs * 1000 };
            if (World.NowUs > _validUntilUs + SignalWithinUs && _host.PausedUntilUs < _validUntilUs)
                node.Cluster.Fail($"{node.Name}: loss told {(World.NowUs - _validUntilUs) / 1000} ms after the session ended");
        }
    }

    private void Next()
    {
        if (_left-- == 0)
        {
            IsDone = true;
            return;
        }

        if (node.Domain is not { } domain)
        {
            _left++;
            _host.On(World.NowUs + 20_000, Next);
            return;
        }

        _isUpgrade = World.Chance(0.15);
        var name = _isUpgrade ? "upgrade" : $"lock{World.Random.Next(node.Cluster.Locks)}";
        var mode = !_isUpgrade && World.Chance(0.6) ? LockMode.Exclusive : LockMode.Shared;
        Ask(domain, name, mode);
    }

    private void Ask(LockDomain domain, string name, LockMode mode)
    {
        var isTry = !_isUpgrade && World.Chance(0.15);
        var timeoutMs = World.Chance(0.1) ? World.Between(1, 100) : -1;
        _askedUs = World.NowUs;
        LockRequest? mine = null;
        mine = domain.Acquire(
            LockName.Of(name),
            new AcquireOptions(mode, isTry, timeoutMs, pid, ExcludeLocally: !_isUpgrade),
            result =>
            {
                _request = null;
                // The program hears of it a moment later, in its own time.
                _host.On(World.NowUs, () => OnAnswer(domain, name, mode, result));
            });
        if (mine is null)
            return;
        _request = mine;
        if (World.Chance(0.1))
        {
            _host.On(World.NowUs + World.Between(0, 50_000), () =>
            {
                if (_request == mine)
                    mine.Cancel();
            });
        }
    }

    private void OnAnswer(LockDomain domain, string name, LockMode mode, Result<LockHandle> result)
    {
        var now = World.NowUs;
        if (!result.IsOk)
        {
            node.Cluster.History.Add(Entry(name, mode, 0) with { Outcome = HistoryOutcome.Refused });
            if (result.Error is not (Errno.EAGAIN or Errno.EINTR or Errno.ETIMEDOUT or Errno.ENOTCONN or Errno.EDEADLK or Errno.ESHUTDOWN))
                node.Cluster.Fail($"{node.Name}: a request of {name} ended with {result.Error}");
            _ = _base?.Release();
            _base = null;
            Rest();
            return;
        }

        _handle = result.Value;
        _handle.Observer = this;
        if (_handle.IsLost)
        {
            _handle = null;
            _ = _base?.Release();
            _base = null;
            Rest();
            return;
        }

        _validUntilUs = _host.WorldUsOf(_host.NowMs + node.Manager.ValidMs);
        _use = Entry(name, mode, _handle.Token) with { EndedNs = now * 1000 };
        var value = new byte[16];
        if (!_isUpgrade && _handle.ReadValue(value).IsOk)
            _use = _use with { ValueRead = Convert.ToHexString(value), ValueSuspect = _handle.ReadValueState().ValueOrDefault == ValueState.Suspect };
        if (!_isUpgrade && mode == LockMode.Exclusive && World.Chance(0.7))
            Write();
        _endUs = now + World.Between(0, World.Chance(0.05) ? 10 * LongestUseUs : LongestUseUs);
        Touch(domain, name);
    }

    private void Write()
    {
        var value = new byte[LockRecord.ValueBytes];
        World.Random.NextBytes(value.AsSpan(0, 16));
        if (!_handle!.WriteValue(value).IsOk)
            return;
        _use = _use! with { ValueWritten = Convert.ToHexString(value.AsSpan(0, 16)) };
        if (!World.Chance(0.5))
            return;
        var handle = _handle;
        handle.Flush(error =>
        {
            if (error == Errno.None && _handle == handle && _use is not null)
                _use = _use with { ValueCommitted = true };
        });
    }

    // Uses the lock: looks again and again whether it is still held, and ends in time.
    private void Touch(LockDomain domain, string name)
    {
        if (_use is null || _handle is null)
            return;
        if (_handle.IsLost)
        {
            // What is told later than this is told too late.
            _host.On(World.NowUs + 1000, () => EndUse(HistoryOutcome.Lost));
            return;
        }

        var now = World.NowUs;
        _use = _use with { EndedNs = now * 1000 };
        _validUntilUs = Math.Max(_validUntilUs, _host.WorldUsOf(_host.NowMs + node.Manager.ValidMs));
        if (now < _endUs)
        {
            _host.On(Math.Min(_endUs, now + TouchUs), () => Touch(domain, name));
            return;
        }

        if (_isUpgrade && _base is null && _handle.Mode == LockMode.Shared && World.Chance(0.5))
        {
            // Keeps the shared use and asks for the exclusive one.
            node.Cluster.History.Add(_use with { Outcome = HistoryOutcome.Released });
            _use = null;
            _base = _handle;
            _handle = null;
            Ask(domain, name, LockMode.Exclusive);
            return;
        }

        EndUse(HistoryOutcome.Released);
    }

    private void EndUse(HistoryOutcome outcome)
    {
        node.Cluster.History.Add(_use! with { Outcome = outcome });
        _use = null;
        _ = _handle!.Release();
        _handle = null;
        _ = _base?.Release();
        _base = null;
        Rest();
    }

    private void Rest() => _host.On(World.NowUs + World.Between(0, World.Chance(0.5) ? 200 : 60_000), Next);

    private HistoryEntry Entry(string name, LockMode mode, ulong token) => new(
        node.Name,
        node.Manager.SessionId?.ToString() ?? string.Empty,
        name,
        mode == LockMode.Exclusive,
        token,
        _askedUs * 1000,
        World.NowUs * 1000,
        World.NowUs * 1000,
        HistoryOutcome.Refused);
}
