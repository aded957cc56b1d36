using Pentode.Blocks;
using Pentode.Blocks.File;
using Pentode.Blocks.Memory;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Files;
using Pentode.Files.Host;
using Pentode.Files.Memory;

namespace Pentode.Daemon;

/// <summary>Every backend and front end this daemon has: a new one is one line here.</summary>
public static class Modules
{
    /// <summary>Tree backends.</summary>
    public static IReadOnlyList<TreeModule> Trees { get; } =
    [
        new("host", "a directory of this host", static c => Widen<HostTree, ITreeBackend>(HostTree.Open(c.Path, new HostTreeOptions { ClientChecks = c.ClientChecks }))),
        new("memory", "an empty tree in memory", static _ => Open<ITreeBackend>(new MemoryTree())),
    ];

    /// <summary>Block backends.</summary>
    public static IReadOnlyList<BlockModule> Blocks { get; } =
    [
        new("file", "a file or block device of this host", static c => Widen<FileBackend, IBlockBackend>(FileBackend.Open(c.Path, c.ReadOnly))),
        new("memory", "a disk in memory", static c => Open<IBlockBackend>(new MemoryBackend(c.MemorySize))),
    ];

    /// <summary>Protocols.</summary>
    public static IReadOnlyList<FrontEndModule> FrontEnds { get; } =
    [
        new("9p", "9P2000.L over the files service", static c => new NinePFrontEnd(c)),
        new("nbd", "NBD over the blocks service", static c => new NbdFrontEnd(c)),
    ];

    /// <summary>Services with a life of their own, in the order they start.</summary>
    public static IReadOnlyList<ServiceModule> Services { get; } =
    [
        new("locks", BringsTrees: true, static c => c.Locks is { } locks ? new LocksService(locks) : null),
        new("nfs", BringsTrees: false, static c => c.Nfs is { } nfs ? new NfsService(nfs) : null),
        new("names", BringsTrees: true, static c => c.Names is { } names ? new NamesService(names) : null),
        new("rings", BringsTrees: false, static c => c.Rings is { } rings ? new RingsService(rings) : null),
        new("mounts", BringsTrees: false, static c => c.Mounts.Count > 0 ? new MountService(c.Mounts) : null),
    ];

    // An interface does not convert to a result by itself.
    private static Result<T> Open<T>(T backend) => backend;

    private static Result<TBase> Widen<T, TBase>(Result<T> result)
        where T : TBase
    {
        if (result.IsOk)
            return (TBase)result.Value!;
        return result.Error;
    }
}
