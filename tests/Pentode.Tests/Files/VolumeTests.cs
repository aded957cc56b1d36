using Pentode.Core;
using Pentode.Files;
using Pentode.Files.Memory;
using Xunit;

namespace Pentode.Tests.Files;

public sealed class VolumeTests
{
    [Fact]
    public async Task Root_is_squashed_and_foreign_groups_are_not_granted()
    {
        await using var volume = new Volume("t", new MemoryTree(rootMode: 0x1FF), new VolumeOptions { SquashRoot = true });
        var top = volume.Attach().Value;
        var made = (await volume.MakeDirectory(Credentials.Root, top, new FileName("d"), 0x1ED, 0)).Value;
        var attributes = (await volume.GetAttributes(Credentials.Root, made)).Value;
        Assert.Equal((65534u, 65534u), (attributes.Uid, attributes.Gid));
        var mine = (await volume.MakeDirectory(new Credentials(5, 6), top, new FileName("e"), 0x1ED, 0)).Value;
        Assert.Equal(6u, (await volume.GetAttributes(Credentials.Root, mine)).Value.Gid);

        // Nobody is in group 0 by saying so.
        var claims = (await volume.MakeDirectory(new Credentials(5, 0, [0, 7]), top, new FileName("f"), 0x1ED, 0)).Value;
        Assert.Equal(65534u, (await volume.GetAttributes(Credentials.Root, claims)).Value.Gid);
        Assert.Equal([7u], new Credentials(5, 0, [0, 7]).WithoutRootGroup().Groups.ToArray());
    }

    [Fact]
    public async Task Everybody_is_squashed_and_checks_of_the_client_exclude_it()
    {
        await using var volume = new Volume("t", new MemoryTree(rootMode: 0x1FF), new VolumeOptions { SquashTo = Credentials.Nobody });
        var made = (await volume.MakeDirectory(new Credentials(5, 6), volume.Attach().Value, new FileName("d"), 0x1ED, 6)).Value;
        var attributes = (await volume.GetAttributes(Credentials.Root, made)).Value;
        Assert.Equal((65534u, 65534u), (attributes.Uid, attributes.Gid));
        Assert.Throws<ArgumentException>(() => new Volume("t", new MemoryTree(), new VolumeOptions { ClientChecks = true, SquashRoot = true }));
        Assert.Throws<ArgumentException>(() => new Volume("t", new MemoryTree(), new VolumeOptions { ClientChecks = true, SquashTo = Credentials.Nobody }));
    }

    [Fact]
    public async Task Client_checks_grant_groups_only_the_client_knows()
    {
        await using var volume = new Volume("t", new MemoryTree(rootMode: 0x1FF), new VolumeOptions { ClientChecks = true });
        var made = (await volume.MakeDirectory(new Credentials(5, 6), volume.Attach().Value, new FileName("d"), 0x1ED, 7)).Value;
        var attributes = (await volume.GetAttributes(Credentials.Root, made)).Value;
        Assert.Equal((5u, 7u), (attributes.Uid, attributes.Gid));
    }

    [Fact]
    public async Task Counts_operations_and_errors()
    {
        await using var volume = new Volume("t", new MemoryTree());
        var top = volume.Attach().Value;
        Assert.Equal(Errno.ENOENT, (await volume.Lookup(Credentials.Root, top, new FileName("x"))).Error);
        Assert.Equal((2L, 1L), (volume.Operations, volume.Errors));
    }
}
