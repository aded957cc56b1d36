using Pentode.Core;
using Pentode.Files;

namespace Pentode.Locks.Tree;

/// <summary>A file whose text is made when it is opened.</summary>
internal sealed class LockViewNode(LockTree tree, Func<ValueTask<string>> text) : LockTreeNode(tree, Regular, ReadMode, tree.Options.Uid, tree.Options.Gid)
{
    private const uint Regular = 0x8000;
    private const uint ReadMode = 0x124;
    private const int AccessMode = 3;

    protected override ulong Size => 0;

    protected override ulong LinkCount => 1;

    /// <inheritdoc/>
    public override async ValueTask<Result<IOpenFile>> Open(Credentials who, int flags, OpenOrigin origin)
    {
        lock (Tree.Gate)
        {
            if ((flags & AccessMode) != 0 || !Allows(who, ReadAccess))
                return Errno.EACCES;
        }

        return new LockViewFile(this, System.Text.Encoding.UTF8.GetBytes(await text().ConfigureAwait(false)));
    }
}
