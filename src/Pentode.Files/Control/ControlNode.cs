using System.Text;
using Pentode.Core;

namespace Pentode.Files.Control;

/// <summary>The directory (no file) or one file of a <see cref="ControlTree"/>. Lives as long as the tree, so references are not counted.</summary>
internal sealed class ControlNode(ControlTree tree, ulong path, ControlFile? file) : INode
{
    private const uint DirectoryMode = 0x4000 | 0x16D;
    private const uint FileType = 0x8000;
    private const uint ReadOnlyMode = 0x124;
    private const uint SinkMode = 0x1B6;
    private const uint V9FsMagic = 0x01021997;
    private const int AccessMode = 3;
    private const int BlockSize = 4096;

    private readonly byte[] _name = Encoding.UTF8.GetBytes(file?.Name ?? "");

    /// <inheritdoc/>
    public NodeId Id => new(path, file is null ? 0x4000u : FileType, 0);

    /// <summary>Name in the directory.</summary>
    public ReadOnlySpan<byte> Name => _name;

    /// <inheritdoc/>
    public void AddReference()
    {
    }

    /// <inheritdoc/>
    public void Release()
    {
    }

    /// <inheritdoc/>
    public ValueTask<Result<INode>> Lookup(Credentials who, FileName name)
    {
        if (file is not null)
            return new(Errno.ENOTDIR);
        if (name.IsDotDot)
            return new(ControlTree.Ok<INode>(this));
        foreach (var node in tree.Nodes)
        {
            if (name.Bytes.Span.SequenceEqual(node.Name))
                return new(ControlTree.Ok<INode>(node));
        }

        return new(Errno.ENOENT);
    }

    /// <inheritdoc/>
    public ValueTask<Result<FileAttributes>> GetAttributes(Credentials who)
    {
        var now = tree.Now();
        Result<FileAttributes> attributes = new FileAttributes
        {
            Id = Id,
            Mode = file is null ? DirectoryMode : FileType | (file.IsSink ? SinkMode : ReadOnlyMode),
            LinkCount = file is null ? 2u : 1u,
            AccessTime = now,
            ModifyTime = now,
            ChangeTime = now,
        };
        return new(attributes);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> SetAttributes(Credentials who, AttributeChange change, IOpenFile? through)
    {
        // What a shell's redirection asks of a sink.
        var isHarmless = file is { IsSink: true } && change is { Mode: null, Uid: null, Gid: null };
        return new(isHarmless ? Errno.None : Errno.EPERM);
    }

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ReadLink(Credentials who) => new(Errno.EINVAL);

    /// <inheritdoc/>
    public ValueTask<Result<IOpenFile>> Open(Credentials who, int flags)
    {
        if ((flags & AccessMode) != 0 && file is not { IsSink: true })
            return new(Errno.EACCES);
        return new(ControlTree.Ok<IOpenFile>(new ControlOpenFile(tree, this, file)));
    }

    /// <inheritdoc/>
    public ValueTask<Result<CreatedFile>> Create(Credentials who, FileName name, int flags, uint mode, uint gid) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeDirectory(Credentials who, FileName name, uint mode, uint gid) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeNode(Credentials who, FileName name, uint mode, uint major, uint minor, uint gid) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Result<INode>> MakeSymbolicLink(Credentials who, FileName name, ReadOnlyMemory<byte> target, uint gid) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Errno> Link(Credentials who, INode target, FileName name) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Errno> Rename(Credentials who, FileName name, INode newDirectory, FileName newName) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Errno> Unlink(Credentials who, FileName name, bool directory) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> GetExtendedAttribute(Credentials who, FileName name) => new(Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public ValueTask<Result<byte[]>> ListExtendedAttributes(Credentials who) => new(Array.Empty<byte>());

    /// <inheritdoc/>
    public ValueTask<Errno> SetExtendedAttribute(Credentials who, FileName name, ReadOnlyMemory<byte> value, int flags) => new(Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveExtendedAttribute(Credentials who, FileName name) => new(Errno.EOPNOTSUPP);

    /// <inheritdoc/>
    public ValueTask<Result<FileSystemStatistics>> GetStatistics(Credentials who)
    {
        Result<FileSystemStatistics> statistics = new FileSystemStatistics(V9FsMagic, BlockSize, 0, 0, 0, (ulong)tree.Nodes.Count + 1, 0, 0, FileName.MaximumLength);
        return new(statistics);
    }

    /// <inheritdoc/>
    public ValueTask<Errno> RemoveSelf(Credentials who) => new(Errno.EPERM);

    /// <inheritdoc/>
    public ValueTask<Errno> RenameSelf(Credentials who, INode newDirectory, FileName newName) => new(Errno.EPERM);
}
