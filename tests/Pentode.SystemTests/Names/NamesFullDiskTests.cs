using Pentode.SystemTests.Fuse;
using Pentode.Testing.Processes;
using Pentode.Tests.Nfs;

namespace Pentode.SystemTests.Names;

/// <summary>A disk that runs full under the store: the change that has no room fails whole and says why, everything else goes on.</summary>
public sealed class NamesFullDiskTests
{
    private const uint NoSpace = 28;

    [Fact]
    public void A_full_disk_refuses_changes_and_nothing_else()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to mount a small disk");
        using var files = new TemporaryDirectory();
        Directory.CreateDirectory(files["disk"]);
        Tool.Ok(10, "mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", files["disk"]);
        Leftovers.Add(files, () => Mounted.Unmount(files["disk"]));
        try
        {
            File.WriteAllBytes(files["disk/ballast"], new byte[2 << 20]);
            using var server = NamesServer.Run($"path: {files["disk/names.db"]}", isNfs: true);
            using var peer = RetryingClient.Connect(server.Process.Port("nfs"));
            var root = peer.Mount("/fs");
            var directory = peer.MakeDirectory(root, "full");
            var made = 0;
            while (Create(peer, directory, made) is var status)
            {
                if (status != 0)
                {
                    Assert.Equal(NoSpace, status);
                    break;
                }

                made++;
                Assert.True(made < 100_000, "the disk is never full");
            }

            // What is there is served; what was refused is not there.
            Assert.Equal(0u, peer.Lookup(directory, "file-00000000").Status);
            Assert.Equal(2u, peer.Lookup(directory, $"file-{made:D8}").Status);
            Assert.Contains(" 0 problems", server.Names("fsck"), StringComparison.Ordinal);

            File.Delete(files["disk/ballast"]);
            Assert.Equal(0u, Create(peer, directory, made));
            Assert.Contains(" 0 problems", server.Names("fsck"), StringComparison.Ordinal);
            var listed = server.Names("ls", "/full").Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
            Assert.Equal(made + 1, listed);
            Assert.Equal(0, server.Process.Terminate());
        }
        finally
        {
            Mounted.Unmount(files["disk"]);
        }
    }

    private static uint Create(NfsPeer peer, byte[] directory, int i) => peer.V3(8, new Xdr().Opaque(directory).Text($"file-{i:D8}").U32(1).Add(Xdr.Change3(0x1A4))).U32();
}
