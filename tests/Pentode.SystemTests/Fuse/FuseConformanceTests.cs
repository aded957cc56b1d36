using Pentode.Files;
using Pentode.Files.Host;
using Pentode.Testing.Files;

namespace Pentode.SystemTests.Fuse;

/// <summary>What every tree must do, asked by plain system calls of a directory that another process shows through FUSE.</summary>
public sealed class FuseConformanceTests : TreeConformance, IDisposable
{
    private readonly Mounted _mounted = Mounted.Directory();
    private int _trees;

    protected override bool ActsAsUsers => true;

    public void Dispose() => _mounted.Dispose();

    protected override ITreeBackend CreateTree()
    {
        const UnixFileMode everybody = (UnixFileMode)0x1ED;
        var path = _mounted.Files[$"mnt/{_trees++}"];
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(_mounted.Files.Path, everybody);
        File.SetUnixFileMode(_mounted.Files["src"], everybody);
        File.SetUnixFileMode(path, everybody);
        return HostTree.Open(path, new HostTreeOptions()).Value;
    }
}
