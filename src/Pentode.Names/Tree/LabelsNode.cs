using System.Text;
using Pentode.Core;
using Pentode.Files;

namespace Pentode.Names.Tree;

/// <summary>The labels in use (<c>.(collection)</c>), each a directory.</summary>
internal sealed class LabelsNode(NamesTree tree, long from) : VirtualDirectory(tree, new NodeHandle(HandleKind.Label, (ulong)from, 0))
{
    private const int FirstCookie = 3;

    /// <inheritdoc/>
    public override async ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        if (name.IsDotDot)
        {
            var row = await Tree.Store.Get(From).ConfigureAwait(false);
            return row.IsOk ? Tree.Wrap(row.Value) : row.Error;
        }

        var labels = await Tree.Store.ListAllLabels().ConfigureAwait(false);
        if (!labels.IsOk)
            return labels.Error;
        var text = name.ToString();
        if (!labels.Value.Contains(text))
            return Errno.ENOENT;
        var interned = await Tree.Store.Intern(Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
        return interned.IsOk ? NamesTree.Ok<INode>(new LabelNode(Tree, From, text, interned.Value)) : interned.Error;
    }

    /// <inheritdoc/>
    public override async ValueTask<Errno> List(long cookie, IDirectorySink sink)
    {
        var dots = await ListDots(cookie, sink).ConfigureAwait(false);
        if (!dots.IsOk || !dots.Value)
            return dots.Error;
        var labels = await Tree.Store.ListAllLabels().ConfigureAwait(false);
        if (!labels.IsOk)
            return labels.Error;
        for (var i = (int)Math.Clamp(cookie - FirstCookie + 1, 0, labels.Value.Count); i < labels.Value.Count; i++)
        {
            var interned = await Tree.Store.Intern(Encoding.UTF8.GetBytes(labels.Value[i])).ConfigureAwait(false);
            if (!interned.IsOk)
                return interned.Error;
            var id = Attributes.IdOf(new NodeHandle(HandleKind.Label, (ulong)From, (ulong)interned.Value), 0x4000);
            if (!sink.TryAdd(id, i + FirstCookie, 4, Encoding.UTF8.GetBytes(labels.Value[i])))
                break;
        }

        return Errno.None;
    }
}
