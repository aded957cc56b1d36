using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Files;

namespace Pentode.NineP.Client.Tree;

/// <summary>
/// Locks of the files of an export: had when the other owners of this tree and the server grant them (Tlock). Owners of this tree exclude each other here, so servers
/// that tell owners apart less well do no harm. To the server the client is <c>HOST/TREE/OWNER</c> and the process the owner's. A server that has no locks leaves those
/// of this tree, and the log says so once.
/// </summary>
internal sealed class NinePTreeLocks(NinePTree tree, string name, ILog log) : ISharedLocks
{
    private const long FirstPauseMs = 10;
    private const long LongestPauseMs = 500;

    private readonly string _host = Environment.MachineName;
    private readonly string _client = $"{Environment.MachineName}/{Guid.NewGuid().ToString("N")[..8]}/";
    private bool _isAlone;
    private bool _hasSaidSo;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Lock(IOpenFile file, LockOwner owner, LockType type, long start, long length, LockWait wait)
    {
        await tree.Enter();
        var mine = (NinePTreeFile)file;
        if (type == LockType.Unlock)
            return await Unlock(mine, owner, start, length);
        // Whoever waits for a lock of this tree, which is lost too, hears of it.
        if (tree.Client.Error != Errno.None)
            return tree.Client.Error;
        var found = mine.TestLock(owner, type, start, length);
        if (!found.IsOk || found.Value.Type != LockType.Unlock)
            return found.IsOk ? Errno.EAGAIN : found.Error;
        var error = await Ask(mine.Fid, Range(owner, type, start, length), wait);

        // Another owner of this tree may have been quicker where the server does not tell them apart.
        return error == Errno.None ? mine.TryLock(owner, type, start, length) : error;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Result<LockRange>> Test(IOpenFile file, LockOwner owner, LockType type, long start, long length)
    {
        await tree.Enter();
        if (type == LockType.Unlock)
            type = LockType.Write;
        var mine = (NinePTreeFile)file;
        var found = mine.TestLock(owner, type, start, length);
        if (!found.IsOk || found.Value.Type != LockType.Unlock || _isAlone)
            return found;
        var answer = await tree.Client.GetLock(mine.Fid, Range(owner, type, start, length));
        if (!answer.IsOk)
            return IsWithout(answer.Error) ? found : answer.Error;
        var held = answer.Value;
        if (held.Kind >= NinePLock.Unlock || held.Start > long.MaxValue || held.Length > long.MaxValue)
            return found;
        return new LockRange((LockType)held.Kind, (long)held.Start, (long)held.Length, IsOfThisHost(held.ClientId) ? held.ProcessId : 0, held.ClientId);
    }

    /// <summary>As far as this tree knows: who asks closes the file next, and with its fid the server gives back all that came through it.</summary>
    public bool Release(IOpenFile file) => file.ReleaseLocks();

    /// <inheritdoc/>
    public void Forget(IOpenFile file)
    {
        // The file does that itself when it is closed.
    }

    /// <summary>Locks are lost with the connection alone, and with it every read and write fails.</summary>
    public Errno Check(IOpenFile file) => Errno.None;

    private static long PauseAfter(long pauseMs) => Math.Min(pauseMs * 2, LongestPauseMs);

    private NinePLock Range(LockOwner owner, LockType type, long start, long length) => new((byte)type, (ulong)start, (ulong)length, owner.ProcessId, _client + owner.ClientId);

    // A kernel calls itself by the name of its host. The number of a process elsewhere would name a wrong one here.
    private bool IsOfThisHost(string client) =>
        client.StartsWith(_host, StringComparison.Ordinal) && (client.Length == _host.Length || client[_host.Length] == '/');

    private async ValueTask<Errno> Ask(uint fid, NinePLock range, LockWait wait)
    {
        if (_isAlone)
            return Errno.None;
        var loop = tree.Client.Loop;
        var (begun, pauseMs) = (loop.NowMs, FirstPauseMs);
        while (true)
        {
            var asked = loop.NowMs;
            // The server may hold what waits without end; an end it would not know.
            var answer = await tree.Client.Lock(fid, range, wait: wait.Ms < 0, wait.GiveUp);
            if (!answer.IsOk)
                return wait.GiveUp.IsCancellationRequested && answer.Error == Errno.ECANCELED ? Errno.EINTR : IsWithout(answer.Error) ? Errno.None : answer.Error;
            if (answer.Value == NinePLockStatus.Success)
                return Errno.None;
            if (answer.Value is not (NinePLockStatus.Blocked or NinePLockStatus.Grace))
                return Errno.ENOLCK;
            if (wait.Ms == 0 || (wait.Ms > 0 && loop.NowMs - begun >= wait.Ms))
                return answer.Value == NinePLockStatus.Blocked ? Errno.EAGAIN : Errno.ENOLCK;

            // It has waited there, or does not wait at all.
            pauseMs = loop.NowMs - asked > LongestPauseMs ? FirstPauseMs : pauseMs;
            if (!await Pause(pauseMs, wait.GiveUp))
                return Errno.EINTR;
            pauseMs = PauseAfter(pauseMs);
        }
    }

    // What the owner holds and nothing else: through one open file owners may hold side by side, while the server gives back whatever came through it.
    private async ValueTask<Errno> Unlock(NinePTreeFile file, LockOwner owner, long start, long length)
    {
        var locks = file.Locks();
        while (locks.TryFindHeld(owner, start, length, out var held))
        {
            var through = (NinePTreeFile)held.File;
            var (from, count) = held.IsAlone ? (start, length) : (held.Start, held.Length);
            var error = Errno.None;
            if (!_isAlone && !held.IsCovered)
            {
                var answer = await tree.Client.Lock(through.Fid, Range(owner, LockType.Unlock, from, count), wait: false);
                error = answer.IsOk || IsWithout(answer.Error) ? Errno.None : answer.Error;
            }

            _ = locks.TryLock(through, owner, LockType.Unlock, from, count);
            if (error != Errno.None)
                return error;
        }

        return Errno.None;
    }

    /// <summary>The server has no locks, for this file or at all.</summary>
    private bool IsWithout(Errno error)
    {
        if (error is not (Errno.ENOSYS or Errno.EOPNOTSUPP))
            return false;
        _isAlone |= error == Errno.ENOSYS;
        if (!_hasSaidSo)
        {
            _hasSaidSo = true;
            log.Write(LogLevel.Warning, $"9p: {name}: the server does not lock ({error}): flock(2) and fcntl(2) exclude within this mount only");
        }

        return true;
    }

    /// <summary>False when given up.</summary>
    private async ValueTask<bool> Pause(long ms, CancellationToken giveUp)
    {
        var loop = tree.Client.Loop;
        var end = loop.NowMs + ms;
        while (!giveUp.IsCancellationRequested && loop.NowMs < end)
            _ = await loop.DelayAsync(Math.Min(FirstPauseMs, end - loop.NowMs));
        return !giveUp.IsCancellationRequested;
    }
}
