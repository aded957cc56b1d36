using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Deadlock;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Locks.Tree;

/// <summary>
/// The locks of a node as a tree of files, after dlmfs: a directory is a domain joined, a regular file of 64 bytes a lock, an open file a use of it.
/// Shows what was made through it, not what other nodes have. Everything but the locks themselves (names, modes, owners, times) is local and in
/// memory. Any number of loops at a time. Disposing it leaves nothing: that is the manager's, which stays its maker's.
/// </summary>
public sealed class LockTree : ITreeBackend
{
    /// <summary>f_type of dlmfs, which its users look at.</summary>
    public const uint FileSystemType = 0x76a9f425;

    internal const uint BlockSize = 4096;
    internal const uint NameLength = 255;
    internal const int ValueBytes = 64;

    private readonly LockRootNode _root;
    private ulong _lastId;
    private long _lastNumber = 2;

    /// <summary>A tree over a node of the cluster.</summary>
    public LockTree(LockManager manager, LockTreeOptions options)
    {
        ArgumentNullException.ThrowIfNull(manager);
        ArgumentNullException.ThrowIfNull(options);
        Manager = manager;
        Options = options;
        _root = new LockRootNode(this);
        Witness = options.MountPoint is { } mountPoint ? new ProcessWitness(this, mountPoint) : null;
    }

    /// <summary>The node behind it.</summary>
    public LockManager Manager { get; }

    /// <inheritdoc/>
    public bool OpensMayWait => true;

    internal LockTreeOptions Options { get; }

    internal IWaitWitness? Witness { get; }

    /// <summary>Guards names and attributes; nothing is awaited and no manager called under it.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>What programs may ask of this tree, in the words of dlmfs: "bast" (poll tells of a blocked peer) and so on.</summary>
    public static string Capabilities => "bast stackglue";

    /// <inheritdoc/>
    public Result<INode> OpenRoot() => _root;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The locks of open files by number and mode; those with a file whose lock is lost are left out, since which one is meant cannot be told.</summary>
    internal IReadOnlyList<LockPin> PinsOf(IReadOnlySet<(ulong Number, LockMode Mode)> files)
    {
        var pins = new List<LockPin>();
        lock (Gate)
        {
            foreach (var node in _root.Domains.SelectMany(static d => d.Locks))
            {
                foreach (var mode in (ReadOnlySpan<LockMode>)[LockMode.Shared, LockMode.Exclusive])
                {
                    if (files.Contains((node.Id.Path, mode)) && !node.HasLost)
                        pins.Add(new LockPin(node.Domain.Name, node.Name, mode, node.Domain.Options.ExcludeLocally));
                }
            }
        }

        return pins;
    }

    internal ulong NextId() => Interlocked.Increment(ref _lastId);

    // 1 and 2 are "." and "..".
    internal long NextNumber() => Interlocked.Increment(ref _lastNumber);

    internal FileTime Now()
    {
        var ticks = Options.Time.GetUtcNow().UtcTicks - DateTime.UnixEpoch.Ticks;
        return new FileTime(ticks / TimeSpan.TicksPerSecond, (uint)(ticks % TimeSpan.TicksPerSecond * 100));
    }
}
