using Pentode.Testing.Processes;
using Xunit;

namespace Pentode.Tests.Blocks;

/// <summary>A small file system of its own; skips the test where mounting is not allowed.</summary>
internal sealed class TemporaryMount : IDisposable
{
    private readonly string _path;

    public TemporaryMount(string type, string options)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        _path = Directory.CreateTempSubdirectory("pentode-mount-").FullName;
        var result = Tool.Run(10, "mount", "-t", type, "-o", options, "pentode-test", _path);
        if (result.Status == 0)
        {
            Leftovers.Add(this, Remove);
            return;
        }

        Directory.Delete(_path);
        Assert.Skip($"cannot mount {type}: {result.Error.Trim()}");
    }

    public string this[string name] => Path.Combine(_path, name);

    /// <summary>A sparse file in it.</summary>
    public string Sparse(string name, long size)
    {
        using var stream = File.Create(this[name]);
        stream.SetLength(size);
        return this[name];
    }

    public void Dispose()
    {
        Leftovers.Forget(this);
        Remove();
    }

    private void Remove()
    {
        Tool.Run(10, "umount", "-l", _path);
        Directory.Delete(_path);
    }
}
