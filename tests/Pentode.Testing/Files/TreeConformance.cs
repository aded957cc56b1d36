using System.Text;
using Pentode.Core;
using Pentode.Files;
using Xunit;

namespace Pentode.Testing.Files;

/// <summary>
/// What every tree must do, checked through a <see cref="Volume"/>: errors and results are those of Linux. Subclasses provide an empty tree
/// whose root belongs to user 0 with mode 0755. Every test has a fresh tree.
/// </summary>
public abstract partial class TreeConformance
{
    /// <summary>open(2) flags.</summary>
    protected const int ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, Exclusive = 0x80, Truncate = 0x200, Append = 0x400, OpenDirectory = 0x10000;

    /// <summary>An ordinary user.</summary>
    protected static readonly Credentials User = new(1000, 1000, [1000, 2000]);

    /// <summary>Another, without groups.</summary>
    protected static readonly Credentials Other = new(65534, 65534);

    /// <summary>User 0.</summary>
    protected static readonly Credentials Root = Credentials.Root;

    /// <summary>The volume under test.</summary>
    protected Volume Volume { get; private set; } = null!;

    /// <summary>Its root.</summary>
    protected INode Top { get; private set; } = null!;

    /// <summary>True when permissions of users other than user 0 are checked.</summary>
    protected abstract bool ActsAsUsers { get; }

    /// <summary>A fresh empty tree.</summary>
    protected abstract ITreeBackend CreateTree();

    /// <summary>Runs a test body where the tree wants to be called: on a loop thread, or just here.</summary>
    protected virtual Task Run(Func<Task> body) => body();

    /// <summary>A name.</summary>
    protected static FileName N(string text) => new(text);

    /// <summary>Runs a body on a fresh volume.</summary>
    protected Task Check(Func<Task> body, VolumeOptions? options = null) => Run(async () =>
    {
        await using var volume = new Volume("t", CreateTree(), options);
        Volume = volume;
        Top = volume.Attach().Value;
        await body();
        Top.Release();
    });

    /// <summary>As <see cref="Check"/>, skipped where all act as one user.</summary>
    protected Task CheckUsers(Func<Task> body)
    {
        Assert.SkipUnless(ActsAsUsers, "this tree acts as one user");
        return Check(body);
    }

    /// <summary>Asserts success and gives the value.</summary>
    protected static async Task<T> Ok<T>(ValueTask<Result<T>> task)
    {
        var result = await task;
        Assert.Equal(Errno.None, result.Error);
        return result.Value;
    }

    /// <summary>Asserts success.</summary>
    protected static async Task Ok(ValueTask<Errno> task) => Assert.Equal(Errno.None, await task);

    /// <summary>Asserts an error.</summary>
    protected static async Task Fails<T>(Errno error, ValueTask<Result<T>> task) => Assert.Equal(error, (await task).Error);

    /// <summary>Asserts an error.</summary>
    protected static async Task Fails(Errno error, ValueTask<Errno> task) => Assert.Equal(error, await task);

    /// <summary>Makes a closed file with content.</summary>
    protected async Task<INode> MakeFile(INode directory, string name, string content = "", uint mode = 0x1A4, Credentials? who = null)
    {
        var actor = who ?? Root;
        var made = await Ok(Volume.Create(actor, directory, N(name), ReadWrite | Exclusive, mode, actor.Gid));
        if (content.Length > 0)
            Assert.Equal(content.Length, await Ok(Volume.Write(made.File, Encoding.ASCII.GetBytes(content), 0)));
        await Ok(Volume.Close(made.File));
        return made.Node;
    }

    /// <summary>Makes a directory.</summary>
    protected Task<INode> MakeDir(INode directory, string name, uint mode = 0x1ED, Credentials? who = null) =>
        Ok(Volume.MakeDirectory(who ?? Root, directory, N(name), mode, (who ?? Root).Gid));

    /// <summary>Attributes as user 0.</summary>
    protected Task<Pentode.Files.FileAttributes> Stat(INode node) => Ok(Volume.GetAttributes(Root, node));

    /// <summary>Whole content as text.</summary>
    protected async Task<string> ReadAll(INode node)
    {
        var file = await Ok(Volume.Open(Root, node, ReadOnly));
        var buffer = GC.AllocateArray<byte>(65536, pinned: true);
        var count = await Ok(Volume.Read(file, buffer, 0));
        await Ok(Volume.Close(file));
        return Encoding.ASCII.GetString(buffer, 0, count);
    }
}
