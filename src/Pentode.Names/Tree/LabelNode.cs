using Pentode.Core;
using Pentode.Files;
using Pentode.Names.Catalog;

namespace Pentode.Names.Tree;

/// <summary>The files that have a label, each by its id.</summary>
internal sealed class LabelNode(NamesTree tree, long from, string label, long interned) : VirtualDirectory(tree, new NodeHandle(HandleKind.Label, (ulong)from, (ulong)interned))
{
    private const int PageEntries = 256;

    /// <inheritdoc/>
    public override async ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        if (name.IsDotDot)
            return NamesTree.Ok<INode>(new LabelsNode(Tree, From));
        if (!CatalogPid.TryParse(name.Bytes.Span, out var pid))
            return Errno.ENOENT;
        var found = await Tree.Store.Find(pid).ConfigureAwait(false);
        if (!found.IsOk)
            return found.Error;
        var error = await Tree.CheckWithin(who, found.Value).ConfigureAwait(false);
        if (error != Errno.None)
            return error;
        var labels = await Tree.Store.ListLabels(found.Value.Number).ConfigureAwait(false);
        if (!labels.IsOk)
            return labels.Error;
        return labels.Value.Contains(label) ? Tree.Wrap(found.Value) : Errno.ENOENT;
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> List(long cookie, IDirectorySink sink)
    {
        var dots = await ListDots(cookie, sink).ConfigureAwait(false);
        if (!dots.IsOk || !dots.Value)
            return dots.Error;
        while (true)
        {
            // Numbers of users' objects are above those of "." and "..".
            var page = await Tree.Store.ListLabelled(label, Math.Max(cookie, 2), PageEntries).ConfigureAwait(false);
            if (!page.IsOk)
                return page.Error;
            foreach (var entry in page.Value.Entries)
            {
                cookie = entry.Cookie;

                // What lies outside of the view is not to be seen through it.
                if (await Tree.CheckWithin(null, entry.Inode).ConfigureAwait(false) == Errno.None &&
                    !sink.TryAdd(Tree.IdOf(entry.Inode), cookie, (byte)(entry.Inode.Mode >> 12), entry.Name))
                    return Errno.None;
            }

            if (page.Value.IsLast)
                return Errno.None;
        }
    }
}
