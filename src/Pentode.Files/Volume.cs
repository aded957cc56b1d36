using System.Runtime.CompilerServices;
using System.Text;
using Pentode.Core;
using Pentode.Core.Diagnostics;
using Pentode.Uring;

namespace Pentode.Files;

/// <summary>
/// The validating waist in front of a tree: names, ranges, read-only, squashing, devices, attribute name spaces, fault injection and counters
/// are dealt with once here, so backends may assume and front ends need not know. Every member of <see cref="INode"/> and
/// <see cref="IOpenFile"/> has its counterpart. A call made on a loop completes on that loop, wherever the backend completes. Thread safe as
/// far as the backend is. Allocates nothing when the backend completes at once.
/// </summary>
public sealed partial class Volume : IAsyncDisposable
{
    private const int AccessModeMask = 3;
    private const int TruncateFlag = 0x200;
    private const uint TypeMask = 0xF000;

    private readonly ITreeBackend _backend;
    private readonly VolumeOptions _options;
    private readonly ISharedLocks? _sharedLocks;
    private readonly byte[][] _attributePrefixes;
    private long _operations;
    private long _bytesRead;
    private long _bytesWritten;
    private long _errors;

    /// <summary>Puts the waist before a backend, which the volume then owns.</summary>
    public Volume(string name, ITreeBackend backend, VolumeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(backend);
        Name = name;
        _backend = backend;
        _options = options ?? new VolumeOptions();
        _sharedLocks = _options.SharedLocks ?? backend.SharedLocks;
        if (_options is { ClientChecks: true, SquashRoot: true } or { ClientChecks: true, SquashTo: not null })
            throw new ArgumentException("Checks left to the client and squashing exclude each other.", nameof(options));
        _attributePrefixes = [.. _options.ExtendedAttributePrefixes.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>Name of the export.</summary>
    public string Name { get; }

    /// <summary>The client is trusted with permissions: not for front ends that must check them.</summary>
    public bool ClientChecks => _options.ClientChecks;

    /// <summary>True when nothing may change.</summary>
    public bool IsReadOnly => _options.ReadOnly;

    /// <inheritdoc cref="ITreeBackend.OpensMayWait"/>
    public bool OpensMayWait => _backend.OpensMayWait;

    /// <summary>True when <see cref="Lock"/> may wait for others than the owners of this tree: whoever asks must be able to give up.</summary>
    public bool LocksMayWait => _sharedLocks is not null;

    /// <inheritdoc cref="ITreeBackend.RemembersCalls"/>
    public bool RemembersCalls => _backend.RemembersCalls;

    /// <summary>Calls so far.</summary>
    public long Operations => Volatile.Read(ref _operations);

    /// <summary>Payload bytes read from files.</summary>
    public long BytesRead => Volatile.Read(ref _bytesRead);

    /// <summary>Payload bytes written to files.</summary>
    public long BytesWritten => Volatile.Read(ref _bytesWritten);

    /// <summary>Calls that ended in an error.</summary>
    public long Errors => Volatile.Read(ref _errors);

    /// <summary>The same tree held to other options, with counts of its own. Does not own the tree: it goes before this volume does.</summary>
    public Volume View(Func<VolumeOptions, VolumeOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new Volume(Name, new BorrowedTree(_backend), change(_options));
    }

    /// <summary>The root node; the caller owns a reference.</summary>
    public Result<INode> Attach()
    {
        Interlocked.Increment(ref _operations);
        var root = _backend.OpenRoot();
        if (!root.IsOk)
            Interlocked.Increment(ref _errors);
        return root;
    }

    /// <inheritdoc cref="ITreeBackend.WasCalled"/>
    public bool WasCalled(ReadOnlySpan<byte> key) => _backend.WasCalled(key);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    private Errno Begin(FaultPoint fault)
    {
        Interlocked.Increment(ref _operations);
        return fault.Check();
    }

    /// <summary>As <see cref="Begin"/>, for what changes the tree.</summary>
    private Errno BeginChange(FaultPoint fault)
    {
        var error = Begin(fault);
        if (error == Errno.None && IsReadOnly)
            return Errno.EROFS;
        return error == Errno.None && _options.Guard is { } guard ? guard.Check() : error;
    }

    private Credentials Squash(Credentials who)
    {
        if (who.Call is { } call)
            return SquashUser(who.WithoutCall()) is var user && ReferenceEquals(user, who.WithoutCall()) ? who : user.In(call);
        return SquashUser(who);
    }

    private Credentials SquashUser(Credentials who)
    {
        if (_options.SquashTo is { } one)
            return one;
        if (!_options.SquashRoot)
            return who;

        // Who may say what groups it is in could say 0, and own what root's group may write.
        return who.Uid == 0 ? _options.Anonymous : who.WithoutRootGroup();
    }

    /// <summary>
    /// The group to give a new object: only root may name a group it is not in, else set-group-id files of any group could be made. Others
    /// get what the directory says: its own group when it is set-group-id, that of the user otherwise.
    /// </summary>
    private uint GroupFor(Credentials actor, uint gid) =>
        actor.Uid == 0 || _options.ClientChecks || actor.IsInGroup(gid) ? gid : uint.MaxValue;

    private static Errno CheckName(FileName name, Errno dots)
    {
        if (name.Bytes.Length > FileName.MaximumLength)
            return Errno.ENAMETOOLONG;
        if (!name.IsValid)
            return Errno.EINVAL;
        return name.IsDot || name.IsDotDot ? dots : Errno.None;
    }

    private Result<T> Fail<T>(Errno error)
    {
        Interlocked.Increment(ref _errors);
        return error;
    }

    private ValueTask<Result<T>> Refuse<T>(Errno error) => new(Fail<T>(error));

    private ValueTask<Errno> Refuse(Errno error) => new(Counted(error));

    private Errno Counted(Errno error)
    {
        if (error != Errno.None)
            Interlocked.Increment(ref _errors);
        return error;
    }

    private ValueTask<Result<T>> Counted<T>(ValueTask<Result<T>> task)
    {
        if (!task.IsCompletedSuccessfully)
            return Later(task);
        var result = task.Result;
        if (!result.IsOk)
            Interlocked.Increment(ref _errors);
        return new(result);
    }

    private ValueTask<Errno> Counted(ValueTask<Errno> task) => task.IsCompletedSuccessfully ? new(Counted(task.Result)) : Later(task);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Result<T>> Later<T>(ValueTask<Result<T>> task)
    {
        var loop = IoLoop.Current;
        Result<T> result;
        try
        {
            result = await task.ConfigureAwait(false);
        }
        finally
        {
            await new LoopHop(loop);
        }

        if (!result.IsOk)
            Interlocked.Increment(ref _errors);
        return result;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Errno> Later(ValueTask<Errno> task)
    {
        var loop = IoLoop.Current;
        try
        {
            return Counted(await task.ConfigureAwait(false));
        }
        finally
        {
            await new LoopHop(loop);
        }
    }
}
