using Pentode.Testing.Processes;

namespace Pentode.SystemTests.Kernel;

/// <summary>The kernel's NBD client on our export. What is checked is in Guest/.</summary>
public sealed class NbdDeviceTests
{
    private const int Limit = 180;
    private const int DiskBytes = 256 << 20;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_file_system_survives_detaching_and_trimming(int connections)
    {
        using var export = Served.OverNbd(Sparse);
        var run = Task.Run(() => export.Run(Limit, "nbd", ("CONNECTIONS", connections), ("SIZE", DiskBytes)));
        var most = 0;
        await Watch.Until(run, export.Connections, c => c.Protocol == "nbd" && c.Operations > 0, all => most = Math.Max(most, all.Count));
        await run;
        Assert.True(most >= connections, $"the status never showed {connections} connections, only {most}");
        export.End();
    }

    [Fact]
    public void A_read_only_export_mounts_and_cannot_be_written()
    {
        Tool.Require("mkfs.ext4");
        using var export = Served.OverNbd(
            disk =>
            {
                Sparse(disk);
                using var content = new TemporaryDirectory();
                File.WriteAllText(content["hello"], "hello from the host\n");
                Tool.Ok(60, "mkfs.ext4", "-q", "-d", content.Path, disk);
            },
            "      read_only: true\n");
        var before = File.GetLastWriteTimeUtc(export.Disk);
        export.Run(Limit, "nbd_read_only");
        export.End();
        Assert.Equal(before, File.GetLastWriteTimeUtc(export.Disk));
    }

    private static void Sparse(string path)
    {
        using var disk = File.Create(path);
        disk.SetLength(DiskBytes);
    }
}
