using System.Text;
using Pentode.Core;
using Pentode.Files;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Names.Tree;

/// <summary>A text about an object, made anew whenever it is asked for: mode 0444 of root, as old as the object's last change.</summary>
internal sealed class TextNode(NamesTree tree, NodeHandle handle) : NamesNode(tree)
{
    private const uint Mode = 0x8000 | 0x124;
    private const int AccessMode = 3;
    private const int TruncateFlag = 0x200;

    /// <inheritdoc/>
    public override NodeId Id => Attributes.IdOf(handle, Mode & 0xF000);

    /// <inheritdoc/>
    public override Result<NodeHandle> Handle => handle;

    /// <inheritdoc/>
    public override async ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var row = await Tree.Store.Get((long)handle.Object).ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        var text = await Tree.Magic.Texts.Render(handle, row.Value).ConfigureAwait(false);
        if (!text.IsOk)
            return text.Error;
        var time = row.Value.ChangeTime;
        return Attributes.Of(handle, Mode, 0, 0, text.Value.Length, time, time, time);
    }

    /// <inheritdoc/>
    public override ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through) => new(change.Size is null ? Errno.None : Errno.EROFS);

    /// <inheritdoc/>
    public override async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags)
    {
        if ((flags & AccessMode) != 0 || (flags & TruncateFlag) != 0)
            return Errno.EROFS;
        var row = await Tree.Store.Get((long)handle.Object).ConfigureAwait(false);
        if (!row.IsOk)
            return row.Error;
        var text = await Tree.Magic.Texts.Render(handle, row.Value).ConfigureAwait(false);
        return text.IsOk ? NamesTree.Ok<IOpenFile>(new TextFile(this, Encoding.Latin1.GetBytes(text.Value))) : text.Error;
    }
}
