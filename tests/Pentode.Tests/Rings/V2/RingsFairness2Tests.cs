using Pentode.Rings.Wire.V2;

namespace Pentode.Tests.Rings.V2;

/// <summary>Clients that always have work waiting share the server by their weights.</summary>
[Collection(nameof(Rings2Alone))]
public sealed class RingsFairness2Tests
{
    private const int PieceBytes = 64 << 10;
    private const int Pieces = 100;

    [Fact]
    public void Bytes_are_shared_by_weight()
    {
        var order = Run((light, heavy) => Assert.Equal(25u, light.Send(RawRings2.Message(RingsMessageType.SetWeight, 1, [25, 0, 0, 0, 0, 0, 0, 0])).Item().Id), Pieces);
        var behind = order[..(order.LastIndexOf('h') + 1)].Count(b => b == 'l');
        Assert.True(behind is > 12 and < 50, $"when the heavy client had moved {Pieces} pieces the one of a quarter of its weight had moved {behind}: {order}");
    }

    [Fact]
    public void A_small_request_is_not_kept_waiting_by_a_flood()
    {
        var order = Run((_, _) => { }, 1);
        Assert.True(order.IndexOf('l') < 60, $"one piece behind a flood: {order}");
    }

    // The order in which the pieces of two clients ran that both had all of theirs waiting: letters of the light and the heavy one.
    private static unsafe string Run(Action<RawRings2, RawRings2> prepare, int lightPieces)
    {
        using var host = new RingsHost(o => o with { KernelBytes2 = 2 * PieceBytes });
        File.WriteAllBytes(host["f"], []);
        using var light = RawRings2.Join(host);
        using var heavy = RawRings2.Join(host);
        prepare(light, heavy);

        // All start together, by a futex in memory of both; the file they append to keeps the order they ran in.
        var memory = light.Memory(4096);
        foreach (var (client, letter, pieces) in new[] { (light, 'l', lightPieces), (heavy, 'h', Pieces) })
        {
            var gate = (ushort)client.RegisterRegion(memory, 4096).Id;
            var (region, at) = client.Region(PieceBytes);
            new Span<byte>((void*)at, PieceBytes).Fill((byte)letter);
            var file = (uint)client.DoPath(new RingsSubmission { Operation = RingsOperation.Open, Argument0 = 0x401 }, host["f"]).Result;
            client.Send(RawRings2.Submit([], [.. Enumerable.Range(0, pieces).SelectMany(_ => new[]
            {
                new RingsSubmission { Operation = RingsOperation.FutexWait, Flags = RingsEntryFlags.HardLink | RingsEntryFlags.Quiet, Region = gate, Address = letter == 'h' ? 0u : 4u },
                new RingsSubmission { UserData = 1, Operation = RingsOperation.Write, File = file, Region = region, Length = PieceBytes },
            })]));
            Assert.Equal(2u * (uint)pieces, client.Stats().UnderWay);
        }

        var wake = new RingsSubmission { Operation = RingsOperation.FutexWake, Region = (1 << 5) | 1, Argument0 = 2 * Pieces, Flags = RingsEntryFlags.Quiet };
        light.Send(RawRings2.Submit([], wake, wake with { Address = 4 }));
        Assert.All(light.Completions(lightPieces), c => Assert.Equal(PieceBytes, c.Record.Result));
        Assert.All(heavy.Completions(Pieces), c => Assert.Equal(PieceBytes, c.Record.Result));
        return System.Text.Encoding.ASCII.GetString([.. File.ReadAllBytes(host["f"]).Where((_, i) => i % PieceBytes == 0)]);
    }
}
