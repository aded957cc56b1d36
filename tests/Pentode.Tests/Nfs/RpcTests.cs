using Pentode.Tests.Uring;
using Xunit;

namespace Pentode.Tests.Nfs;

/// <summary>What the RPC layer takes and how it refuses.</summary>
public sealed class RpcTests
{
    private const uint ProgramUnavailable = 1, ProgramMismatch = 2, ProcedureUnavailable = 3, Garbage = 4;

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Records_may_come_in_any_fragments(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var call = c.Message(NfsPeer.Nfs, 3, 1, new Xdr().Opaque(c.Root));
        // One byte each, empty ones between, the last one empty.
        var raw = new List<byte>();
        foreach (var (b, i) in call.Select((b, i) => (b, i)))
        {
            raw.AddRange([0, 0, 0, 1, b]);
            if (i % 16 == 0 && i < 128)
                raw.AddRange([0, 0, 0, 0]);
        }

        raw.AddRange([0x80, 0, 0, 0]);
        c.Send([.. raw]);
        c.Send([.. NfsPeer.Record(call), .. NfsPeer.Record(call)]);
        for (var i = 0; i < 3; i++)
            Assert.Equal(24 + 4 + 84, c.Receive()!.Length);
        // And bytes of one record in many packets.
        foreach (var b in NfsPeer.Record(call))
            c.Send([b]);
        Assert.Equal(24 + 4 + 84, c.Receive()!.Length);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task A_record_too_large_ends_the_connection(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        c.Send([0x80, 0x20, 0, 0]);
        Assert.True(c.IsClosedByServer());
        using var d = host.Mounted();
        d.Send(new byte[4 * 40]); // at once: the server ends the connection in the middle of it
        Assert.True(d.IsClosedByServer());
        using var e = host.Mounted();
        e.SendRecord([0, 0, 0, 1, 0, 0, 0, 1]);
        Assert.True(e.IsClosedByServer());
        Assert.Equal(3, host.Metric("pentode.nfs.malformed"));
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task What_is_not_served_is_refused_as_the_standard_says(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        Assert.Equal(ProgramUnavailable, c.AcceptStatus(c.Message(100021, 4, 0)));
        Assert.Equal(ProgramUnavailable, c.AcceptStatus(c.Message(100227, 3, 0)));
        Assert.Equal(ProcedureUnavailable, c.AcceptStatus(c.Message(NfsPeer.Nfs, 3, 22)));
        Assert.Equal(ProcedureUnavailable, c.AcceptStatus(c.Message(NfsPeer.Nfs, 2, 18)));
        Assert.Equal(ProcedureUnavailable, c.AcceptStatus(c.Message(NfsPeer.MountProgram, 3, 6)));
        c.SendRecord(c.Message(NfsPeer.Nfs, 4, 1));
        var reply = new XdrParser(c.Receive()!);
        reply.Fixed(20);
        Assert.Equal([ProgramMismatch, 2u, 3u], new[] { reply.U32(), reply.U32(), reply.U32() });
        c.SendRecord(c.Message(NfsPeer.MountProgram, 4, 1));
        reply = new XdrParser(c.Receive()!);
        reply.Fixed(20);
        Assert.Equal([ProgramMismatch, 1u, 3u], new[] { reply.U32(), reply.U32(), reply.U32() });
        // Another version of RPC itself.
        c.SendRecord(new Xdr().U32(77, 0, 3, NfsPeer.Nfs, 3, 0, 0, 0, 0, 0).Bytes);
        Assert.Equal(new Xdr().U32(77, 1, 1, 0, 2, 2).Bytes, c.Receive());
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Credentials_decide_what_is_answered(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var arguments = new Xdr().Opaque(c.Root);
        var nobody = new Xdr().U32(5, 0, 2, NfsPeer.Nfs, 3, 1, 0, 0, 0, 0).Add(arguments).Bytes;
        c.SendRecord(nobody);
        Assert.Equal(new Xdr().U32(5, 1, 1, 1, 5).Bytes, c.Receive());
        // FSINFO and NULL are for everybody.
        c.SendRecord(new Xdr().U32(6, 0, 2, NfsPeer.Nfs, 3, 19, 0, 0, 0, 0).Add(arguments).Bytes);
        Assert.Equal(0u, Status(c.Receive()!));
        // A flavor nobody knows, and groups beyond sixteen.
        c.SendRecord(new Xdr().U32(7, 0, 2, NfsPeer.Nfs, 3, 1, 6).Opaque(new byte[8]).U32(0, 0).Add(arguments).Bytes);
        Assert.Equal(new Xdr().U32(7, 1, 1, 1, 1).Bytes, c.Receive());
        c.Groups = [.. Enumerable.Range(1, 16).Select(g => (uint)g)];
        Assert.Equal(2u, c.Stat(c.Root).Type);
        c.Groups = [.. Enumerable.Range(1, 17).Select(g => (uint)g)];
        c.SendRecord(c.Message(NfsPeer.Nfs, 3, 1, arguments, xid: 8));
        Assert.Equal(new Xdr().U32(8, 1, 1, 1, 1).Bytes, c.Receive());

        await using var open = new NfsHost(engine, options: NfsHost.Options with { AllowNoCredentials = true });
        using var d = open.Mounted();
        d.SendRecord(new Xdr().U32(5, 0, 2, NfsPeer.Nfs, 3, 1, 0, 0, 0, 0).Opaque(d.Root).Bytes);
        Assert.Equal(0u, Status(d.Receive()!));
    }

    [Theory]
    [InlineData(2u, 18u)]
    [InlineData(3u, 22u)]
    public async Task Arguments_cut_anywhere_or_too_long_are_garbage(uint version, uint procedures)
    {
        await using var host = new NfsHost("portable");
        using var c = host.Mounted();
        var file = c.Create(c.Root, "file");
        for (var procedure = 1u; procedure < procedures; procedure++)
        {
            if (version == 2 && procedure is 3 or 7)
                continue;
            var whole = Arguments.Of(version, procedure, c.Root, file).Bytes;
            for (var length = 0; length < whole.Length; length += 4)
                Assert.Equal(Garbage, c.AcceptStatus(c.Message(NfsPeer.Nfs, version, procedure, new Xdr().Fixed(whole[..length]))));
            Assert.Equal(Garbage, c.AcceptStatus(c.Message(NfsPeer.Nfs, version, procedure, new Xdr().Fixed(whole).U32(0))));
            Assert.Equal(0u, c.AcceptStatus(c.Message(NfsPeer.Nfs, version, procedure, new Xdr().Fixed(whole))));
        }
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task Replies_of_many_calls_come_whatever_their_number(string engine)
    {
        await using var host = new NfsHost(engine);
        using var c = host.Mounted();
        var calls = new List<byte>();
        for (var i = 0u; i < 500; i++)
            calls.AddRange(NfsPeer.Record(c.Message(NfsPeer.Nfs, 3, 1, new Xdr().Opaque(c.Root), 1000 + i)));
        c.Send([.. calls]);
        var seen = new HashSet<uint>();
        for (var i = 0; i < 500; i++)
            Assert.True(seen.Add(new XdrParser(c.Receive()!).U32()));
        Assert.Equal(500, seen.Count(x => x is >= 1000 and < 1500));
    }

    private static uint Status(byte[] reply)
    {
        var parser = new XdrParser(reply);
        parser.Fixed(24);
        return parser.U32();
    }
}
