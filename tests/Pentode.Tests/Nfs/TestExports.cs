using System.Net;
using Pentode.Files.Exports;

namespace Pentode.Tests.Nfs;

/// <summary>Exports that a test changes while the server runs.</summary>
internal sealed class TestExports(params TreeGrant[] grants) : ITreeExports
{
    private volatile TreeGrant[] _grants = grants;
    private long _version = 1;

    public long Version => Volatile.Read(ref _version);

    public IReadOnlyList<(string Path, IReadOnlyList<string> Hosts)> Listing => [.. _grants.Select(g => (g.Path, (IReadOnlyList<string>)["10.0.0.0/8", "localhost"]))];

    public IReadOnlyList<TreeGrant> For(IPAddress client) => _grants;

    public void Set(params TreeGrant[] grants)
    {
        _grants = grants;
        Interlocked.Increment(ref _version);
    }
}
