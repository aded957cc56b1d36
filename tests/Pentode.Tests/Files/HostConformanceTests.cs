using Pentode.Files;
using Pentode.Files.Host;
using Pentode.Testing.Files;

namespace Pentode.Tests.Files;

/// <summary>What every tree must do, on a directory of the host.</summary>
public sealed class HostConformanceTests : TreeConformance, IDisposable
{
    private readonly string _base = Directory.CreateTempSubdirectory("pentode-host-").FullName;
    private int _trees;

    protected override bool ActsAsUsers => Environment.IsPrivilegedProcess;

    public void Dispose() => Directory.Delete(_base, true);

    protected override ITreeBackend CreateTree()
    {
        var path = Path.Combine(_base, $"{_trees++}");
        Directory.CreateDirectory(path);
        const UnixFileMode Everybody = (UnixFileMode)0x1ED;
        File.SetUnixFileMode(_base, Everybody);
        File.SetUnixFileMode(path, Everybody);
        return HostTree.Open(path, new HostTreeOptions()).Value;
    }
}
