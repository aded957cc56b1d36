using System.Runtime.CompilerServices;
using Pentode.Core;
using Pentode.Files;

namespace Pentode.Nfs.Server;

/// <summary>Attributes of an object before and after a change (wcc_data). One use at a time.</summary>
internal sealed class WccState
{
    private long _began;
    private FileAttributes _after;

    /// <summary>The three that count before the change are known, and nothing slipped in.</summary>
    public bool HasBefore { get; private set; }

    public ulong Size { get; private set; }

    public FileTime ModifyTime { get; private set; }

    public FileTime ChangeTime { get; private set; }

    public bool HasAfter { get; private set; }

    public ref readonly FileAttributes After => ref _after;

    public ulong FileSystem { get; private set; }

    /// <summary>Nothing is known.</summary>
    public void Clear() => HasBefore = HasAfter = false;

    /// <summary>A change of <paramref name="target"/> begins: looks at it. Ends with its error, if it is gone.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Errno> Begin(NfsLoop loop, NfsObject target)
    {
        Clear();
        FileSystem = target.FileSystem;
        _began = loop.Server.Stamps.Begin(target.Node.Id.Path);
        var before = await loop.Stat(target).ConfigureAwait(false);
        if (before.IsOk)
        {
            _after = before.Value;
            (HasBefore, Size, ModifyTime, ChangeTime) = (true, _after.Size, _after.ModifyTime, _after.ChangeTime);
        }

        return before.Error;
    }

    /// <summary>The change is over: looks again. For every <see cref="Begin"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask End(NfsLoop loop, NfsObject target)
    {
        var after = await loop.Stat(target).ConfigureAwait(false);
        HasBefore &= loop.Server.Stamps.End(target.Node.Id.Path, _began);
        HasAfter = after.IsOk;
        if (after.IsOk)
            _after = after.Value;
    }

    /// <summary>Between begin and end, what was seen before.</summary>
    public ref readonly FileAttributes Before => ref _after;
}
