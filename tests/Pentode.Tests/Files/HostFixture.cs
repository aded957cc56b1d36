using Xunit;
using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Host;

namespace Pentode.Tests.Files;

/// <summary>A host tree on a private directory, with short forms of the calls. Everything completes at once off the loops.</summary>
public sealed class HostFixture : IDisposable
{
    internal static readonly Credentials Nobody = new(65534, 65534);

    internal HostFixture(HostTreeOptions? options = null)
    {
        Base = Directory.CreateTempSubdirectory("pentode-host-").FullName;
        File.SetUnixFileMode(Base, (UnixFileMode)0x1FF);
        Path = System.IO.Path.Combine(Base, "export");
        Directory.CreateDirectory(Path);
        File.SetUnixFileMode(Path, (UnixFileMode)0x1FF);
        File.WriteAllText(System.IO.Path.Combine(Base, "secret"), "outside");
        Tree = HostTree.Open(Path, options ?? new HostTreeOptions()).Value;
        Root = Tree.OpenRoot().Value;
    }

    internal string Base { get; }

    internal string Path { get; }

    internal HostTree Tree { get; }

    internal INode Root { get; }

    internal static bool IsRoot => Environment.IsPrivilegedProcess;

    public void Dispose()
    {
        Root.Release();
        Now(Tree.DisposeAsync());
        Assert.Equal(0, Tree.LiveNodes);
        Directory.Delete(Base, true);
    }

    internal static T Now<T>(ValueTask<T> task)
    {
        Assert.True(task.IsCompleted);
        return task.Result;
    }

    internal static void Now(ValueTask task) => task.GetAwaiter().GetResult();

    internal static FileName N(string name) => new(name);

    internal string Host(string name) => System.IO.Path.Combine(Path, name);

    internal INode Get(string name, INode? from = null) => Now((from ?? Root).Lookup(Credentials.Root, N(name))).Value;

    internal Errno GetError(string name, INode? from = null, Credentials? who = null)
    {
        var found = Now((from ?? Root).Lookup(who ?? Credentials.Root, N(name)));
        if (found.IsOk)
            found.Value.Release();
        return found.Error;
    }

    internal INode MakeDirectory(string name, INode? from = null, uint mode = 0x1ED, Credentials? who = null) =>
        Now((from ?? Root).MakeDirectory(who ?? Credentials.Root, N(name), mode, uint.MaxValue)).Value;

    internal CreatedFile Create(string name, uint mode = 0x1A4, Credentials? who = null, int flags = 2 | 0x80) =>
        Now(Root.Create(who ?? Credentials.Root, N(name), flags, mode, uint.MaxValue)).Value;

    internal static Pentode.Files.FileAttributes Attributes(INode node) => Now(node.GetAttributes(Credentials.Root)).Value;

    internal static void Done(CreatedFile file)
    {
        Assert.Equal(Errno.None, Now(file.File.Close()));
        file.Node.Release();
    }

    internal sealed record Entry(ulong Path, long Cookie, byte Type, string Name);

    internal sealed class Sink(int room) : IDirectorySink
    {
        public List<Entry> Entries { get; } = [];

        public bool TryAdd(NodeId id, long cookie, byte type, ReadOnlySpan<byte> name)
        {
            if (Entries.Count == room)
                return false;
            Entries.Add(new Entry(id.Path, cookie, type, System.Text.Encoding.UTF8.GetString(name)));
            return true;
        }
    }
}
