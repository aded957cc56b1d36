using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;
using Pentode.Names.Exports;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>
/// A namespace as one export sees it: the objects of a catalog below a directory, with POSIX permissions, the I/O gate and magic names. Any
/// number of views may be open on one <see cref="SharedNamespace"/>. Completes on any thread. A view owns nothing but what it is given to own.
/// </summary>
public sealed class NamesTree : ITreeBackend
{
    private const int LinksTried = 16;
    private const uint PnfsMagic = 0x706E6673;
    private const uint BlockSize = 4096;
    private const ulong SpareFiles = 1ul << 40;

    private readonly IAsyncDisposable? _owned;
    private readonly SubtreeCache _within = new();

    /// <summary>A view; <paramref name="owned"/> is disposed of with it.</summary>
    public NamesTree(SharedNamespace shared, ViewOptions? options = null, IAsyncDisposable? owned = null)
    {
        Shared = shared;
        Options = options ?? new ViewOptions();
        Magic = new MagicLayer(this);
        _owned = owned;
    }

    internal SharedNamespace Shared { get; }

    internal ICatalogStore Store => Shared.Store;

    internal ViewOptions Options { get; }

    internal MagicLayer Magic { get; }

    /// <inheritdoc/>
    public Result<INode> OpenRoot() => Ok<INode>(new ObjectNode(this, new CatalogInode { Number = Options.RootInode, Pid = default, Mode = 0x4000, Change = 1 }));

    /// <inheritdoc/>
    public async ValueTask<Result<INode>> OpenHandle(NodeHandle handle)
    {
        if (handle.Object > long.MaxValue || handle.Operand > long.MaxValue)
            return Errno.ESTALE;
        var row = await Store.Get((long)handle.Object).ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        if (await CheckWithin(null, row.Value).ConfigureAwait(false) is not Errno.None)
            return Errno.ESTALE;
        if (handle.Kind == HandleKind.Object)
            return handle.Operand == 0 ? Wrap(row.Value) : Errno.ESTALE;
        if (Options.Magic == MagicMode.Off)
            return Errno.ESTALE;
        var node = await Magic.OpenHandle(row.Value, handle).ConfigureAwait(false);
        return node.Error == Errno.ENOENT ? Errno.ESTALE : node;
    }

    /// <inheritdoc/>
    public bool RemembersCalls => true;

    /// <inheritdoc/>
    public bool WasCalled(ReadOnlySpan<byte> key) => Store.WasCalled(key);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _owned?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>C# has no implicit conversion from an interface type; through a type parameter it works.</summary>
    internal static Result<T> Ok<T>(T value) => value;

    /// <summary>Identity of an object. Behind the gate no client may keep data: what it could read a moment ago it may not be able to read now.</summary>
    internal NodeId IdOf(CatalogInode row)
    {
        var id = Attributes.IdOf(row);
        return Options.Io == IoMode.Meta && id.IsRegular ? id with { Version = 0 } : id;
    }

    /// <summary>Attributes of an object, with that identity.</summary>
    internal FileAttributes AttributesOf(CatalogInode row) => Attributes.Of(row) with { Id = IdOf(row) };

    /// <summary>A node of an object with one reference for the caller.</summary>
    internal Result<INode> Wrap(CatalogInode row) => Ok<INode>(new ObjectNode(this, row));

    /// <summary>The current row of a directory in which somebody looks for a name.</summary>
    internal async ValueTask<Result<CatalogInode>> Search(Credentials who, long directory)
    {
        var row = await Store.Get(directory).ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        if (!row.Value.IsDirectory)
            return Errno.ENOTDIR;
        var error = Access.Check(who, row.Value, Access.Search);
        return error == Errno.None ? row : error;
    }

    /// <summary>The directory an object is in, by its oldest name; the root of the view is its own, and so is what lies outside.</summary>
    internal async ValueTask<Result<CatalogInode>> ParentOf(long number)
    {
        if (number == Options.RootInode)
            return await Store.Get(number).ConfigureAwait(false);

        // Who came through the wormhole leaves it to where every path begins.
        if (number == Shared.Wormhole && Options.RootInode != CatalogInode.RootNumber)
            return await Store.Get(Options.RootInode).ConfigureAwait(false);
        var names = await Store.Names(number, 1).ConfigureAwait(false);
        if (!names.IsOk)
            return names.Error;
        return await Store.Get(names.Value.Count == 0 ? number : names.Value[0].Parent).ConfigureAwait(false);
    }

    /// <summary>
    /// ENOENT for an object outside of the view, EACCES when (by none of its names) the caller may search every directory from the root of the
    /// view down to it. Without a caller only the place counts.
    /// </summary>
    internal async ValueTask<Errno> CheckWithin(Credentials? who, CatalogInode row)
    {
        if (who is null && (Options.RootInode == CatalogInode.RootNumber || row.Number == Options.RootInode || _within.Contains(row.Number, Shared.Moves)))
            return Errno.None;
        if (row.Number == Options.RootInode || row.Number == Shared.Wormhole)
            return Errno.None;
        var moves = Shared.Moves;
        var names = await Store.Names(row.Number, LinksTried).ConfigureAwait(false);
        if (!names.IsOk)
            return names.Error;
        var result = Errno.ENOENT;
        foreach (var parent in names.Value.Select(n => n.Parent).Distinct())
        {
            var error = await CheckDirectories(who, parent).ConfigureAwait(false);
            if (error == Errno.None)
            {
                _within.Add(row.Number, moves);
                return error;
            }

            if (error != Errno.ENOENT)
                result = error;
        }

        return result;
    }

    internal async ValueTask<Result<FileSystemStatistics>> Statistics()
    {
        var found = await Store.GetStatistics().ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var s = found.Value;
        var free = (ulong)s.FreeBytes / BlockSize;
        return new FileSystemStatistics(
            PnfsMagic, BlockSize, ((ulong)s.StoredBytes / BlockSize) + free, free, free, (ulong)s.Objects + SpareFiles, SpareFiles, Store.Info.FileSystemId, FileName.MaximumLength);
    }

    private async ValueTask<Errno> CheckDirectories(Credentials? who, long directory)
    {
        var first = await Store.Get(directory).ConfigureAwait(false);
        var above = await Store.Ancestors(directory).ConfigureAwait(false);
        if (!first.IsOk || !above.IsOk)
            return Errno.ENOENT;
        foreach (var row in above.Value.Prepend(first.Value))
        {
            if (who is not null && Access.Check(who, row, Access.Search) != Errno.None)
                return Errno.EACCES;
            if (row.Number == Options.RootInode || row.Number == Shared.Wormhole)
                return Errno.None;
        }

        return Errno.ENOENT;
    }
}
