using System.Buffers.Binary;
using System.Net.Sockets;
using Pentode.Core;
using Pentode.NineP.Client;
using Pentode.NineP.Wire;
using Pentode.Uring;
using Xunit;

namespace Pentode.Tests.NineP.Client;

/// <summary>The client against servers that break the protocol: each ends the connection with an error, none does harm.</summary>
public sealed class HostileServerTests : IAsyncLifetime
{
    private readonly IoLoop _loop = LoopFactory.Create("auto", new LoopOptions());

    public static TheoryData<string, byte[]> Answers()
    {
        var data = new TheoryData<string, byte[]>
        {
            { "size 0", [0, 0, 0, 0, 25, 0, 0] },
            { "size 6", [6, 0, 0, 0, 25, 0, 0] },
            { "size 2^32-1", [255, 255, 255, 255, 25, 0, 0] },
            { "over msize", [0, 0, 16, 0, 25, 0, 0] },
            { "fits msize, not the type", [0, 240, 15, 0, 25, 0, 0] },
            { "tag nobody has", RawClient.Frame(77, new Rgetattr()) },
            { "tag NOTAG", RawClient.Frame(0xFFFF, new Rgetattr()) },
            { "another type", RawClient.Frame(0, new Rwrite { Count = 1 }) },
            { "a request", RawClient.Frame(0, new Tgetattr { Fid = 1 }) },
            { "truncated", [8, 0, 0, 0, 25, 0, 0, 1] },
            { "one byte too many", [.. Grown(RawClient.Frame(0, new Rgetattr()))] },
            { "Rlerror too long", [.. Grown(RawClient.Frame(0, new Rlerror { Ecode = 1 }))] },
        };
        return data;
    }

    public ValueTask InitializeAsync()
    {
        _loop.Start();
        return default;
    }

    public async ValueTask DisposeAsync() => await _loop.StopAsync();

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Bad_answers_to_getattr(string what, byte[] answer)
    {
        var error = await Against(answer, async client =>
        {
            _ = await client.GetAttributes(0);
            return (await client.GetAttributes(0)).Error;
        });
        Assert.True(error == Errno.EPROTO, $"{what}: {error}");
    }

    [Fact]
    public async Task Too_much_data_is_refused_before_it_is_stored()
    {
        foreach (var length in new[] { 101, 5000, 300_000 })
        {
            var guard = GC.AllocateArray<byte>(200, pinned: true);
            var error = await Against(RawClient.Frame(0, new Rread { Data = new byte[length] }), async client => (await client.Read(0, guard.AsMemory(0, 100), 0)).Error);
            Assert.Equal(Errno.EPROTO, error);
            Assert.All(guard[100..], b => Assert.Equal(0, b));
        }
    }

    [Fact]
    public async Task A_count_that_disagrees_with_the_frame_is_refused()
    {
        var frame = RawClient.Frame(0, new Rread { Data = new byte[50_000] });
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(7), 49_999);
        var buffer = GC.AllocateArray<byte>(60_000, pinned: true);
        Assert.Equal(Errno.EPROTO, await Against(frame, async client => (await client.Read(0, buffer, 0)).Error));
    }

    [Fact]
    public async Task Counts_beyond_the_request_are_refused()
    {
        Assert.Equal(Errno.EPROTO, await Against(RawClient.Frame(0, new Rwrite { Count = 11 }), async client => (await client.Write(0, new byte[10], 0)).Error));
        Assert.Equal(Errno.EPROTO, await Against(RawClient.Frame(0, new Rwalk { Qids = new byte[26] }), async client => (await client.Walk(0, "a"u8)).Error));
        Assert.Equal(Errno.EPROTO, await Against(RawClient.Frame(0, new Rreaddir { Data = new byte[30] }), async client => (await client.ReadEntries(0, 0, [])).Error));
    }

    [Fact]
    public async Task Numbers_that_are_no_errno_become_EPROTO_and_the_session_goes_on()
    {
        foreach (var code in new uint[] { 0, 4096, uint.MaxValue })
        {
            var error = await Against([.. RawClient.Frame(0, new Rlerror { Ecode = code })], async client =>
            {
                var first = await client.GetAttributes(0);
                return client.Error == Errno.None ? first.Error : Errno.EIO;
            });
            Assert.Equal(Errno.EPROTO, error);
        }
    }

    [Fact]
    public async Task A_connection_lost_in_the_middle_of_data_ends_everything()
    {
        var frame = RawClient.Frame(0, new Rread { Data = new byte[200_000] });
        var buffer = GC.AllocateArray<byte>(200_000, pinned: true);
        var error = await Against(frame[..100_000], async client =>
        {
            var calls = new[] { client.Read(0, buffer, 0).AsTask(), client.Read(1, buffer, 0).AsTask(), client.Read(2, buffer, 0).AsTask() };
            var results = await Task.WhenAll(calls);
            Assert.All(results, r => Assert.Equal(Errno.ECONNRESET, r.Error));
            return (await client.GetAttributes(0)).Error;
        });
        Assert.Equal(Errno.ECONNRESET, error);
    }

    [Theory]
    [InlineData(0u, "9P2000.L", Errno.EPROTO)]
    [InlineData(4095u, "9P2000.L", Errno.EPROTO)]
    [InlineData(2u << 20, "9P2000.L", Errno.EPROTO)]
    [InlineData(65536u, "unknown", Errno.EPROTONOSUPPORT)]
    [InlineData(65536u, "9P2000.u", Errno.EPROTONOSUPPORT)]
    public async Task Bad_versions(uint msize, string version, Errno expected) =>
        Assert.Equal(expected, await StartAgainst(RawClient.Frame(P9Limits.NoTag, new Rversion { Msize = msize, Version = System.Text.Encoding.ASCII.GetBytes(version) })));

    [Fact]
    public async Task A_handshake_refused_or_cut_or_unanswered_fails()
    {
        Assert.Equal(Errno.EIO, await StartAgainst(RawClient.Frame(P9Limits.NoTag, new Rlerror { Ecode = 5 })));
        Assert.Equal(Errno.ECONNRESET, await StartAgainst([21, 0, 0]));
        Assert.Equal(Errno.ETIMEDOUT, await StartAgainst([], stayOpen: true));
    }

    [Fact]
    public async Task Noise_is_survived()
    {
        var random = new Random(11);
        for (var i = 0; i < 200; i++)
        {
            var noise = new byte[random.Next(1, 200)];
            random.NextBytes(noise);
            if (i % 2 == 0 && noise.Length > 8)
            {
                BinaryPrimitives.WriteInt32LittleEndian(noise, noise.Length);
                (noise[4], noise[5], noise[6]) = ((byte)(random.Next(3, 63) * 2 + 1), 0, 0);
            }

            var buffer = GC.AllocateArray<byte>(1000, pinned: true);
            _ = await Against(noise, async client =>
            {
                var read = client.Read(0, buffer, 0).AsTask();
                var walk = client.Walk(0, "x"u8).AsTask();
                var list = client.ReadEntries(0, 0, []).AsTask();
                await Task.WhenAll(read, walk, list);
                return client.Error;
            });
        }
    }

    private static byte[] Grown(byte[] frame)
    {
        byte[] grown = [.. frame, 0];
        BinaryPrimitives.WriteInt32LittleEndian(grown, grown.Length);
        return grown;
    }

    /// <summary>A server that shakes hands, answers the first request with the bytes and closes.</summary>
    private async Task<Errno> Against(byte[] answer, Func<NinePClient, Task<Errno>> work)
    {
        var (ours, theirs) = Pentode.Linux.Sockets.Pair();
        using var server = new RawClient(theirs);
        var script = Task.Run(() =>
        {
            _ = server.Receive();
            server.Send(RawClient.Frame(P9Limits.NoTag, new Rversion { Msize = 1 << 20, Version = "9P2000.L"u8 }));
            if (server.Receive() is null)
                return;
            try
            {
                server.Send(answer);
            }
            catch (SocketException)
            {
                // The client has had enough.
            }

            server.Dispose();
        });
        var error = await OnLoop(async () =>
        {
            var client = await NinePClient.StartAsync(_loop, ours, "fake", new NinePClientOptions());
            Assert.True(client.IsOk, client.Error.ToString());
            var result = await work(client.Value);
            await client.Value.CloseAsync();
            return result;
        });
        await script;
        return error;
    }

    private async Task<Errno> StartAgainst(byte[] answer, bool stayOpen = false)
    {
        var (ours, theirs) = Pentode.Linux.Sockets.Pair();
        using var server = new RawClient(theirs);
        var script = Task.Run(() =>
        {
            _ = server.Receive();
            server.Send(answer);
            if (!stayOpen)
                server.Dispose();
        });
        var error = await OnLoop(async () => (await NinePClient.StartAsync(_loop, ours, "fake", new NinePClientOptions { ConnectTimeoutMs = stayOpen ? 50 : 10_000 })).Error);
        await script;
        return error;
    }

    private async Task<Errno> OnLoop(Func<Task<Errno>> work)
    {
        var done = new TaskCompletionSource<Errno>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Post(_ => Run());
        return await done.Task.WaitAsync(TimeSpan.FromSeconds(30));

        async void Run()
        {
            try
            {
                done.SetResult(await work());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }
}
