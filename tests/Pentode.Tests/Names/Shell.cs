using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Testing.Files;
using FileAttributes = Pentode.Files.FileAttributes;

namespace Pentode.Tests.Names;

/// <summary>What touch, rm, cat, cp, mkdir, ls and stat ask of a tree, as one user. Paths are absolute in the view.</summary>
internal sealed class Shell(Volume volume, Credentials who)
{
    private const int WriteOnly = 1;
    private const int CreateFlag = 0x40;
    private const int Truncate = 0x200;
    private const int Append = 0x400;

    public Volume Volume => volume;

    /// <summary>The same tree as somebody else.</summary>
    public Shell As(uint uid, params uint[] groups) => new(volume, new Credentials(uid, groups.Length > 0 ? groups[0] : uid, groups));

    public async Task<Result<INode>> Find(string path)
    {
        var node = volume.Attach();
        foreach (var part in Split(path))
        {
            if (!node.IsOk)
                return node;
            var next = await volume.Lookup(who, node.Value, new FileName(part));
            node.Value.Release();
            node = next;
        }

        return node;
    }

    public async Task<Errno> Touch(string path)
    {
        var (node, error) = await OpenOrCreate(path, WriteOnly | CreateFlag, keepNode: true);
        if (error != Errno.None)
            return error;
        error = await volume.SetAttributes(who, node!, new AttributeChange { SetAccessTime = true, SetModifyTime = true });
        node!.Release();
        return error;
    }

    public async Task<Errno> Remove(string path, bool directory = false)
    {
        var (parent, name, error) = await Parent(path);
        if (error != Errno.None)
            return error;

        // rm(1) looks before it removes.
        var found = await volume.Lookup(who, parent!, new FileName(name));
        if (found.IsOk)
            error = await volume.Unlink(who, parent!, new FileName(name), directory);
        parent!.Release();
        found.ValueOrDefault?.Release();
        return found.IsOk ? error : found.Error;
    }

    public async Task<Result<string>> Cat(string path)
    {
        var bytes = await Read(path);
        return bytes.IsOk ? Encoding.Latin1.GetString(bytes.Value) : bytes.Error;
    }

    public async Task<Result<byte[]>> Read(string path)
    {
        var node = await Find(path);
        if (!node.IsOk)
            return node.Error;
        var file = await volume.Open(who, node.Value, 0);
        node.Value.Release();
        if (!file.IsOk)
            return file.Error;
        var all = new MemoryStream();
        var buffer = GC.AllocateArray<byte>(8192, pinned: true);
        while (true)
        {
            var count = await volume.Read(file.Value, buffer, all.Length);
            if (!count.IsOk || count.Value == 0)
            {
                await volume.Close(file.Value);
                return count.IsOk ? all.ToArray() : count.Error;
            }

            all.Write(buffer, 0, count.Value);
        }
    }

    public Task<Errno> Write(string path, string text, bool append = false) => Write(path, Encoding.Latin1.GetBytes(text), append);

    /// <summary>As a shell's redirection: opens with O_CREAT and O_TRUNC (or O_APPEND), writes in pieces.</summary>
    public async Task<Errno> Write(string path, byte[] content, bool append = false)
    {
        var (file, error) = await OpenFile(path, WriteOnly | CreateFlag | (append ? Append : Truncate));
        if (error != Errno.None)
            return error;
        var written = 0;
        while (error == Errno.None && written < content.Length)
        {
            var count = await volume.Write(file!, content.AsMemory(written, Math.Min(8192, content.Length - written)), written);
            error = count.Error;
            written += count.ValueOrDefault;
        }

        var closed = await volume.Close(file!);
        return error == Errno.None ? closed : error;
    }

    public async Task<Errno> MakeDirectory(string path, uint mode = 0x1ED)
    {
        var (parent, name, error) = await Parent(path);
        if (error != Errno.None)
            return error;
        var made = await volume.MakeDirectory(who, parent!, new FileName(name), mode, who.Gid);
        parent!.Release();
        made.ValueOrDefault?.Release();
        return made.Error;
    }

    public async Task<Errno> Move(string from, string to)
    {
        var (parent, name, error) = await Parent(from);
        if (error != Errno.None)
            return error;
        var (parent2, name2, error2) = await Parent(to);
        if (error2 != Errno.None)
            return error2;
        error = await volume.Rename(who, parent!, new FileName(name), parent2!, new FileName(name2));
        parent!.Release();
        parent2!.Release();
        return error;
    }

    public async Task<Errno> Link(string from, string to)
    {
        var node = await Find(from);
        if (!node.IsOk)
            return node.Error;
        var (parent, name, error) = await Parent(to);
        if (error == Errno.None)
            error = await volume.Link(who, parent!, node.Value, new FileName(name));
        parent?.Release();
        node.Value.Release();
        return error;
    }

    public async Task<Result<FileAttributes>> Stat(string path)
    {
        var node = await Find(path);
        if (!node.IsOk)
            return node.Error;
        var attributes = await volume.GetAttributes(who, node.Value);
        node.Value.Release();
        return attributes;
    }

    public async Task<Errno> Change(string path, AttributeChange change)
    {
        var node = await Find(path);
        if (!node.IsOk)
            return node.Error;
        var error = await volume.SetAttributes(who, node.Value, change);
        node.Value.Release();
        return error;
    }

    public async Task<IReadOnlyList<string>> List(string path)
    {
        var node = (await Find(path)).Value;
        var open = (await volume.Open(who, node, 0)).Value;
        var list = new EntryList();
        Assert.Equal(Errno.None, await volume.ReadDirectory(open, 0, list));
        await volume.Close(open);
        node.Release();
        return [.. list.Entries.Select(e => e.Name).Where(n => n is not ("." or ".."))];
    }

    public async Task<Result<string>> GetAttribute(string path, string name)
    {
        var node = await Find(path);
        if (!node.IsOk)
            return node.Error;
        var value = await volume.GetExtendedAttribute(who, node.Value, new FileName(name));
        node.Value.Release();
        return value.IsOk ? Encoding.Latin1.GetString(value.Value) : value.Error;
    }

    public async Task<Errno> SetAttribute(string path, string name, string? value)
    {
        var node = await Find(path);
        if (!node.IsOk)
            return node.Error;
        var error = value is null
            ? await volume.RemoveExtendedAttribute(who, node.Value, new FileName(name))
            : await volume.SetExtendedAttribute(who, node.Value, new FileName(name), Encoding.Latin1.GetBytes(value), 0);
        node.Value.Release();
        return error;
    }

    private static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private async Task<(IOpenFile? File, Errno Error)> OpenFile(string path, int flags)
    {
        var (parent, name, error) = await Parent(path);
        if (error != Errno.None)
            return (null, error);

        // As a kernel does it: what is there is opened, what is not is created.
        var found = await volume.Lookup(who, parent!, new FileName(name));
        if (found.IsOk)
        {
            var open = await volume.Open(who, found.Value, flags & ~CreateFlag);
            found.Value.Release();
            parent!.Release();
            return (open.ValueOrDefault, open.Error);
        }

        if (found.Error != Errno.ENOENT)
            return (null, found.Error);
        var made = await volume.Create(who, parent!, new FileName(name), flags, 0x1A4, who.Gid);
        parent!.Release();
        if (!made.IsOk)
            return (null, made.Error);
        made.Value.Node.Release();
        return (made.Value.File, Errno.None);
    }

    private async Task<(INode? Node, Errno Error)> OpenOrCreate(string path, int flags, bool keepNode)
    {
        var (file, error) = await OpenFile(path, flags);
        if (error != Errno.None)
            return (null, error);
        var node = file!.Node;
        if (keepNode)
            node.AddReference();
        return (node, await volume.Close(file));
    }

    private async Task<(INode? Node, string Name, Errno Error)> Parent(string path)
    {
        var parts = Split(path);
        var parent = await Find(string.Join('/', parts[..^1]));
        return (parent.ValueOrDefault, parts[^1], parent.Error);
    }
}
