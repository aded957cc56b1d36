using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Locks.Guards;

/// <summary>
/// Locks of the files of an export as cluster locks. While anybody here holds a lock on any range of a file, this node holds the cluster lock that stands for the file:
/// exclusively when one of them is for writing, shared otherwise. Between nodes a file is so locked as a whole; within a node ranges are what they were.
/// </summary>
public sealed class SharedFileLocks : ISharedLocks
{
    /// <summary>Longest prefix: with a dot and sixteen digits it is the longest name every domain takes.</summary>
    public const int MaxPrefixBytes = LockDomainOptions.ShortLockNameBytes - 17;

    private readonly LockName _domain;
    private readonly LockName _prefix;
    private readonly string _what;
    private readonly ILog _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, SharedFile> _files = [];
    private readonly ConcurrentDictionary<IOpenFile, FileUse> _uses = new();
    private LockManager? _manager;
    private LockDomainOptions? _options;
    private int _useCount;

    /// <summary>Locks named <c>prefix.NUMBER</c> of a domain; <paramref name="what"/> names the export for the log and for listings.</summary>
    public SharedFileLocks(LockName domain, LockName prefix, string what, ILog log)
    {
        _domain = domain;
        _prefix = prefix;
        _what = what;
        _log = log;
    }

    /// <summary>The domain.</summary>
    public LockName Domain => _domain;

    /// <summary>Files for which the cluster's lock is held now.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
                return _files.Count;
        }
    }

    /// <summary>From now on locks can be had. Once.</summary>
    public void Start(LockManager manager, LockDomainOptions? options = null)
    {
        if (options?.ExcludeLocally == true)
            throw new ArgumentException("a domain whose locks exclude users of one node cannot stand for files", nameof(options));
        _options = options;
        Volatile.Write(ref _manager, manager);
    }

    /// <summary>The name of a file's lock: the same on every node that shares the file system, so it holds nothing but the number the file has there.</summary>
    public LockName NameOf(IOpenFile file)
    {
        var digits = file.Node.Number.ToString("x", CultureInfo.InvariantCulture);
        _ = LockName.TryCreate([.. _prefix.Bytes, (byte)'.', .. Encoding.ASCII.GetBytes(digits)], out var name);
        return name;
    }

    /// <inheritdoc/>
    public ValueTask<Errno> Lock(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait)
    {
        lock (_gate)
        {
            if (TryHere(file, owner, type, start, length) is { } answer)
                return new(answer);
        }

        return AskOthers(file, owner, type, start, length, wait);
    }

    /// <inheritdoc/>
    public ValueTask<Result<LockRange>> Test(IOpenFile file, LockOwner owner, LockType type, long start, long length)
    {
        if (type == LockType.Unlock)
            type = LockType.Write;
        lock (_gate)
        {
            var shared = Settled(file);
            var found = file.TestLock(owner, type, start, length);
            if (!found.IsOk || found.Value.Type != LockType.Unlock || Covers(shared, type))
                return new(found);
        }

        return TestOthers(file, owner, type, start, length);
    }

    /// <inheritdoc/>
    public bool Release(IOpenFile file)
    {
        lock (_gate)
        {
            var shared = Settled(file);
            var isReleased = file.ReleaseLocks();
            Trim(shared);
            return isReleased;
        }
    }

    /// <inheritdoc/>
    public void Forget(IOpenFile file)
    {
        // Its requests have ended, so nothing is added any more.
        if (Volatile.Read(ref _useCount) == 0 || !_uses.ContainsKey(file))
            return;
        lock (_gate)
        {
            var shared = Settled(file);
            _ = file.ReleaseLocks();
            Trim(shared);
            if (_uses.TryRemove(file, out _))
                Interlocked.Decrement(ref _useCount);
        }
    }

    /// <inheritdoc/>
    public Errno Check(IOpenFile file) =>
        Volatile.Read(ref _useCount) > 0 && _uses.TryGetValue(file, out var use) && use.IsLost ? Errno.ESTALE : Errno.None;

    internal void Lost(SharedFile shared, LockHandle handle)
    {
        lock (_gate)
        {
            if (shared.Handle == handle)
                Lose(shared);
        }
    }

    private static bool Covers(SharedFile? shared, LockType type) =>
        shared?.Handle is { IsLost: false } handle && (handle.Mode == LockMode.Exclusive || type == LockType.Read);

    /// <summary>What can be said without asking others; null when they must be asked. Under the gate.</summary>
    private Errno? TryHere(IOpenFile file, LockOwner owner, LockType type, long start, long length)
    {
        var shared = Settled(file);
        if (type == LockType.Unlock)
        {
            var unlocked = file.TryLock(owner, type, start, length);
            Trim(shared);
            return unlocked;
        }

        if (_uses.TryGetValue(file, out var use) && use.IsLost)
            return Errno.ESTALE;
        if (!Covers(shared, type))
        {
            var found = file.TestLock(owner, type, start, length);
            return !found.IsOk ? found.Error : found.Value.Type != LockType.Unlock ? Errno.EAGAIN : null;
        }

        var error = file.TryLock(owner, type, start, length);
        if (error == Errno.None && use is null)
        {
            use = new FileUse(file, shared!);
            shared!.Uses.Add(use);
            _uses[file] = use;
            Interlocked.Increment(ref _useCount);
        }

        Trim(shared);
        return error;
    }

    private async ValueTask<Errno> AskOthers(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait)
    {
        var granted = await Acquire(file, ModeOf(type), wait).ConfigureAwait(false);
        if (!granted.IsOk)
            return granted.Error;
        lock (_gate)
        {
            Adopt(file, granted.Value);
            // Another owner of this node may have been quicker, or the lock is lost again: the caller tries later.
            var error = TryHere(file, owner, type, start, length) ?? Errno.EAGAIN;
            if (error != Errno.None)
                Trim(_files.GetValueOrDefault(file.Node.Number));
            return error;
        }
    }

    private async ValueTask<Result<LockRange>> TestOthers(IOpenFile file, LockOwner owner, LockType type, long start, long length)
    {
        var granted = await Acquire(file, ModeOf(type), default).ConfigureAwait(false);
        var stopping = LockType.Write;
        if (granted.Error == Errno.EAGAIN && type == LockType.Write)
        {
            granted = await Acquire(file, LockMode.Shared, default).ConfigureAwait(false);
            stopping = granted.IsOk ? LockType.Read : LockType.Write;
        }
        else if (granted.IsOk)
        {
            stopping = LockType.Unlock;
        }

        if (granted.IsOk)
            granted.Value.Dispose();
        else if (granted.Error != Errno.EAGAIN)
            return granted.Error;
        return stopping == LockType.Unlock ? new LockRange(stopping, start, length, owner.ProcessId, owner.ClientId) : new LockRange(stopping, 0, 0, 0, "another node");
    }

    private async ValueTask<Result<LockHandle>> Acquire(IOpenFile file, LockMode mode, LockWait wait)
    {
        if (Volatile.Read(ref _manager) is not { } manager)
            return Errno.ENOLCK;
        var domain = manager.Find(_domain);
        if (domain is null)
        {
            var joined = await manager.JoinAsync(_domain, _options).ConfigureAwait(false);
            if (!joined.IsOk)
                return Errno.ENOLCK;
            domain = joined.Value;
        }

        var result = await domain.AcquireAsync(NameOf(file), new AcquireOptions(mode, Try: wait.Ms == 0, wait.Ms, Command: _what), wait.GiveUp).ConfigureAwait(false);
        return result.Error switch
        {
            Errno.None or Errno.EAGAIN or Errno.EINTR or Errno.EDEADLK => result,
            Errno.ETIMEDOUT => Errno.EAGAIN,
            _ => Errno.ENOLCK,
        };
    }

    private static LockMode ModeOf(LockType type) => type == LockType.Write ? LockMode.Exclusive : LockMode.Shared;

    /// <summary>Takes what was granted, in place of a weaker one. Under the gate.</summary>
    private void Adopt(IOpenFile file, LockHandle granted)
    {
        var shared = Settled(file);
        if (shared is null)
            _files[file.Node.Number] = shared = new SharedFile(file.Node.Number, this);
        if (Covers(shared, granted.Mode == LockMode.Exclusive ? LockType.Write : LockType.Read))
        {
            granted.Dispose();
            return;
        }

        var weaker = shared.Handle;
        shared.Handle = granted;
        granted.Observer = shared;
        weaker?.Dispose();
    }

    /// <summary>The state of a file, after a loss that nobody has told yet. Under the gate.</summary>
    private SharedFile? Settled(IOpenFile file)
    {
        if (!_files.TryGetValue(file.Node.Number, out var shared))
            return null;
        if (shared.Handle is not { IsLost: true })
            return shared;
        Lose(shared);
        return null;
    }

    /// <summary>The locks here are no longer worth anything: they go, and the files they came through are of no use any more. Under the gate.</summary>
    private void Lose(SharedFile shared)
    {
        foreach (var use in shared.Uses)
        {
            use.IsLost = true;
            _ = use.File.ReleaseLocks();
        }

        _log.Write(LogLevel.Error, $"{_what}: lock {_domain}/{_prefix}.{shared.Number:x} is lost; {shared.Uses.Count} open files that relied on it answer ESTALE");
        End(shared);
    }

    /// <summary>Holds no more of the cluster's lock than the locks here need. Under the gate.</summary>
    private void Trim(SharedFile? shared)
    {
        if (shared is null)
            return;
        var needed = LockType.Unlock;
        for (var i = shared.Uses.Count - 1; i >= 0; i--)
        {
            var use = shared.Uses[i];
            var held = use.File.HeldLock;
            if (held == LockType.Unlock)
            {
                shared.Uses.RemoveAt(i);
                if (_uses.TryRemove(use.File, out _))
                    Interlocked.Decrement(ref _useCount);
            }
            else if (needed == LockType.Unlock || held == LockType.Write)
            {
                needed = held;
            }
        }

        if (needed == LockType.Unlock)
            End(shared);
        else if (needed == LockType.Read && shared.Handle is { Mode: LockMode.Exclusive } handle)
            _ = handle.Downgrade();
    }

    private void End(SharedFile shared)
    {
        var handle = shared.Handle;
        shared.Handle = null;
        shared.Uses.Clear();
        _files.Remove(shared.Number);
        handle?.Dispose();
    }
}
