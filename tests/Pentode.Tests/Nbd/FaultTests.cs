using Pentode.Blocks;
using Pentode.Blocks.Memory;
using Pentode.Core.Diagnostics;
using Pentode.Linux;
using Pentode.Nbd.Server;
using Pentode.Nbd.Wire;
using Pentode.Tests.Uring;
using Pentode.Uring;
using Xunit;

namespace Pentode.Tests.Nbd;

/// <summary>What bugs cost: the connection they are met on, and one line of the log.</summary>
public sealed class FaultTests
{
    public static TheoryData<string, bool, NbdCommand, uint> Calls()
    {
        var data = new TheoryData<string, bool, NbdCommand, uint>();
        foreach (var engine in new[] { "ring", "portable" })
        {
            foreach (var isLate in new[] { false, true })
            {
                data.Add(engine, isLate, NbdCommand.NBD_CMD_READ, 4096);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_READ, 1 << 20);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_WRITE, 4096);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_WRITE, 1 << 20);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_FLUSH, 0);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_TRIM, 4096);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_CACHE, 4096);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_WRITE_ZEROES, 4096);
                data.Add(engine, isLate, NbdCommand.NBD_CMD_BLOCK_STATUS, 4096);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task AThrowingBackendEndsTheConnectionThatAsked(string engine, bool isLate, NbdCommand command, uint length)
    {
        var backend = new ThrowingBackend(new MemoryBackend(1 << 20)) { IsLate = isLate };
        await using var server = new NbdTestServer(engine, null, new BlockExport("whole", new MemoryBackend(4096)), new BlockExport("broken", backend));
        using var neighbour = server.Connect().Open(structured: true, "whole");
        using (var client = server.Connect().Open(structured: true, "broken"))
        {
            backend.Throws = true;

            // Several, so that more than one is under way when the first fails.
            for (ulong i = 0; i < 3; i++)
                client.TrySend(RawNbdClient.Request(command, i, 0, length, payload: command == NbdCommand.NBD_CMD_WRITE ? (int)length : 0));
            Assert.Equal(0, client.Drain());
        }

        Assert.Equal(NbdError.NBD_SUCCESS, neighbour.Call(NbdCommand.NBD_CMD_READ, 0, 4096).Error);
        await NbdTestServer.Eventually(() => server.Server.Sessions.Count == 1, "the broken one gone");
        Assert.Contains("thrown by a test", Assert.Single(server.Log.At(LogLevel.Error)), StringComparison.Ordinal);

        // The export is whole again for the next one, and disposing it, which the server does in the end, waits for nothing.
        backend.Throws = false;
        using var next = server.Connect().Open(structured: true, "broken");
        Assert.Equal(NbdError.NBD_SUCCESS, next.Call(NbdCommand.NBD_CMD_READ, 0, 4096).Error);
    }

    [Theory]
    [ClassData(typeof(Engines))]
    public async Task AFaultBehindASendIsTheOwnersToEnd(string engine)
    {
        var faults = new List<string>();
        var owner = new Owner();
        var (near, far) = Sockets.Pair();
        using var client = new RawNbdClient(far);
        await EngineHost.RunAsync(
            engine,
            async loop =>
            {
                var output = new NbdOutput(loop, near, _ => throw new InvalidOperationException("thrown by a test"), owner);
                var block = output.Reserve(4, out var offset);
                output.Enqueue(block, offset, 4);
                output.Send();
                await owner.Told.Task;
                output.Close();
                loop.Close(near);
            },
            new LoopOptions { Fault = e => faults.Add(e.Message) });
        Assert.Equal(["thrown by a test"], faults);
        Assert.Equal(4, client.Drain());
    }

    private sealed class Owner : IFaultOwner
    {
        public TaskCompletionSource Told { get; } = new();

        public void OnFault(Exception error) => Told.SetResult();
    }
}
