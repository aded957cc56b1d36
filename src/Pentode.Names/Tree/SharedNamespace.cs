using Pentode.Files.Locks;
using Pentode.Names.Catalog;

namespace Pentode.Names.Tree;

/// <summary>One namespace: its store and what all its views share. Thread safe.</summary>
public sealed class SharedNamespace
{
    private long _wormhole;
    private long _moves;

    /// <summary>Shares a store, which stays its owner's.</summary>
    public SharedNamespace(ICatalogStore store, string banner)
    {
        Store = store;
        Banner = banner;
    }

    /// <summary>The store.</summary>
    public ICatalogStore Store { get; }

    /// <summary>What <c>.(const)</c> says.</summary>
    public string Banner { get; }

    /// <summary>Called with the number of an object after it, or an entry of it, was changed through a view. Must not block.</summary>
    public Action<long>? Changed { get; set; }

    /// <summary>Directory the wormhole leads to; 0 for none.</summary>
    public long Wormhole
    {
        get => Volatile.Read(ref _wormhole);
        set => Volatile.Write(ref _wormhole, value);
    }

    internal LockTable<long> Locks { get; } = new();

    /// <summary>Grows with every change that may move objects from one place of the tree to another.</summary>
    internal long Moves => Volatile.Read(ref _moves);

    internal void Moved() => Interlocked.Increment(ref _moves);
}
