using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Daemon.Services;
using Pentode.Fuse.Wire;
using Pentode.Tests.Fuse;
using Pentode.Tests.Locks;
using static Pentode.Tests.Fuse.FuseKernel;

namespace Pentode.Tests.LockTrees;

/// <summary>Opens that wait and readiness that changes, through a FUSE session byte by byte.</summary>
public sealed class LockTreeOverFuseTests
{
    [Fact]
    public async Task An_open_that_waits_is_given_up_by_an_interrupt_and_holds_nothing_up()
    {
        await using var t = await LockTreeFixture.CreateAsync();
        var held = (await LockTreeFixture.Open(t.B, "l", 2)).Value;
        await LockTreeFixture.Lock(t.A, "l");
        await using var kernel = Ready(LocksMounting.Options("a", allowOther: false), t.A);
        var node = Walk(kernel, "d", "l");
        Assert.Equal(-(int)Errno.ENOSYS, kernel.Ask(FuseOpcode.Create, 1, Body(2u, 0x81A4u, 0u, 0u, "new")).Error);
        Assert.Equal(-(int)Errno.ETXTBSY, kernel.Ask(FuseOpcode.Open, node, Body(2u | 0x800u, 0u)).Error);
        var open = kernel.Send(FuseOpcode.Open, node, Body(2u, 0u));
        kernel.Settle();
        kernel.Send(FuseOpcode.Interrupt, node, Body(open));
        var reply = kernel.Receive();
        Assert.Equal((open, -(int)Errno.EINTR), (reply.Unique, reply.Error));
        await t.B.Close(held);
        var handle = kernel.Ok(FuseOpcode.Open, node, Body(2u, 0u));
        kernel.Ok(FuseOpcode.Release, node, Body(U64(handle, 0), 2u, 0u, 0UL));
    }

    [Fact]
    public async Task A_session_that_is_stopped_gives_up_what_waits_and_closes_what_is_open()
    {
        await using var t = await LockTreeFixture.CreateAsync();
        var held = (await LockTreeFixture.Open(t.B, "l", 2)).Value;
        await LockTreeFixture.Lock(t.A, "l");
        await LockTreeFixture.Lock(t.A, "mine");
        var kernel = Ready(LocksMounting.Options("a", allowOther: false), t.A);
        kernel.Ok(FuseOpcode.Open, Walk(kernel, "d", "mine"), Body(2u, 0u));
        kernel.Send(FuseOpcode.Open, Walk(kernel, "d", "l"), Body(2u, 0u));
        kernel.Settle();
        await kernel.DisposeAsync();
        Assert.Equal(0, kernel.Session.OpenFiles);
        await t.B.Close(held);
        var other = (await LockTreeFixture.Open(t.B, "mine", 2)).Value;
        await t.B.Close(other);
    }

    [Fact]
    public async Task A_peer_that_waits_is_told_to_who_polls()
    {
        await using var t = await LockTreeFixture.CreateAsync();
        await LockTreeFixture.Lock(t.A, "l");
        await using var kernel = Ready(LocksMounting.Options("a", allowOther: false), t.A);
        var node = Walk(kernel, "d", "l");
        var opened = kernel.Ok(FuseOpcode.Open, node, Body(2u, 0u));
        var handle = U64(opened, 0);
        Assert.True(((FuseOpenModes)BinaryPrimitives.ReadUInt32LittleEndian(opened.AsSpan(8))).HasFlag(FuseOpenModes.DirectIo));
        Assert.Equal(0UL, U64(kernel.Ok(FuseOpcode.Poll, node, Body(handle, 77UL, 1u, 1u)), 0));
        var waiting = LockTreeFixture.Open(t.B, "l", 0);
        var told = kernel.Receive();
        Assert.Equal((0UL, FuseLimits.NotifyPoll, 77UL), (told.Unique, told.Error, U64(told.Body, 0)));
        Assert.Equal(0x41UL, U64(kernel.Ok(FuseOpcode.Poll, node, Body(handle, 77UL, 1u, 1u)), 0));
        kernel.Ok(FuseOpcode.Release, node, Body(handle, 2u, 0u, 0UL));
        await t.B.Close((await waiting.WaitAsync(LockNodes.Patience)).Value);
    }

    [Fact]
    public async Task Close_is_asked_for_only_where_the_value_is_written()
    {
        await using var t = await LockTreeFixture.CreateAsync();
        await LockTreeFixture.Lock(t.A, "l");
        await using var kernel = Ready(LocksMounting.Options("a", allowOther: false), t.A);
        var node = Walk(kernel, "d", "l");
        Assert.True(Use(write: false, shared: true));
        Assert.True(Use(write: false));

        // Nobody will ask at close, so the write is in the store before it is answered.
        Assert.True(Use(write: true));
        var theirs = (await LockTreeFixture.Open(t.B, "l", 0)).Value;
        var value = new byte[64];
        Assert.Equal(64, (await t.B.Read(theirs, value, 0)).Value);
        Assert.Equal((byte)'v', value[0]);
        await t.B.Close(theirs);

        // From then on it is, until sixteen uses have not written; those who only read never are.
        for (var i = 0; i < 16; i++)
            Assert.False(Use(write: false));
        Assert.True(Use(write: false));
        Assert.True(Use(write: false, shared: true));

        bool Use(bool write, bool shared = false)
        {
            var opened = kernel.Ok(FuseOpcode.Open, node, Body(shared ? 0u : 2u, 0u));
            var handle = U64(opened, 0);
            if (write)
                kernel.Ok(FuseOpcode.Write, node, Body(handle, 0UL, 1u, 0u, 0UL, 2u, 0u, "v"u8.ToArray()));
            kernel.Ok(FuseOpcode.Release, node, Body(handle, 2u, 0u, 0UL));
            return ((FuseOpenModes)BinaryPrimitives.ReadUInt32LittleEndian(opened.AsSpan(8))).HasFlag(FuseOpenModes.NoFlush);
        }
    }

    private static ulong Walk(FuseKernel kernel, params string[] names) =>
        names.Aggregate(1UL, (node, name) => U64(kernel.Ok(FuseOpcode.Lookup, node, Body(name)), 0));

    private static ulong U64(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
