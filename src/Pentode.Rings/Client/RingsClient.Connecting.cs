using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Rings.Wire;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>Connecting and handshake.</summary>
public sealed partial class RingsClient
{
    /// <summary>Connects to a server's socket ('@' first means the abstract namespace) and shakes hands. Loop thread; never throws for what a server does.</summary>
    public static async Task<(RingsClient? Client, RingsProblem? Problem)> ConnectAsync(IoLoop loop, string path, RingsClientOptions? options = null)
    {
        var settings = options ?? new RingsClientOptions();
        var (socket, problem) = await RingsDial.ConnectAsync(loop, path, settings.HandshakeTimeoutMs).ConfigureAwait(true);
        return problem is null ? await HandshakeAsync(loop, socket, path, settings).ConfigureAwait(true) : (null, problem);
    }

    /// <summary>Shakes hands over a connected socket, which it owns from now on; <paramref name="name"/> stands in messages. Loop thread.</summary>
    public static async Task<(RingsClient? Client, RingsProblem? Problem)> HandshakeAsync(IoLoop loop, int socket, string name, RingsClientOptions? options = null)
    {
        var settings = options ?? new RingsClientOptions();
        var deadline = new RingsDeadline(loop, socket, settings.HandshakeTimeoutMs);
        var scratch = loop.Buffers.Rent(RingsWire.HandshakeResultSize);
        RingsServerFacts? facts;
        RingsProblem? problem;
        try
        {
            (facts, problem) = await ExchangeAsync(loop, socket, scratch).ConfigureAwait(true);
        }
        finally
        {
            scratch.Release();
            deadline.Over();
        }

        if (facts is not null && !deadline.IsLate)
            return (new RingsClient(loop, socket, name, facts, settings), null);
        loop.Close(socket);
        problem = deadline.IsLate ? deadline.Problem : problem!;
        return (null, problem with { Message = $"{name}: {problem.Message}" });
    }

    private static async Task<(RingsServerFacts? Facts, RingsProblem? Problem)> ExchangeAsync(IoLoop loop, int socket, NativeBuffer scratch)
    {
        var length = new RingsHandshakeRequest { Header = RingsHeader.Current, AbiMajor = RingsWire.Major, AbiMinor = RingsWire.Minor }.Write(scratch.GetSpan());
        var (received, problem) = await RingsDial.ExchangeAsync(loop, socket, scratch, length, RingsWire.HandshakeResultSize).ConfigureAwait(true);
        if (problem is not null)
            return (null, problem);
        return received switch
        {
            0 => (null, new RingsProblem(Errno.EPIPE, "the server closed the connection without a word: it has no room for another client, or serves another protocol")),
            < RingsWire.HandshakeResultSize => (null, new RingsProblem(Errno.EPROTO, $"a handshake of {received} bytes, not {RingsWire.HandshakeResultSize}: no server of the iouringd protocol")),
            _ => Judge(scratch.GetSpan()[..RingsWire.HandshakeResultSize]),
        };
    }

    private static (RingsServerFacts? Facts, RingsProblem? Problem) Judge(ReadOnlySpan<byte> data)
    {
        if (!RingsHandshakeResult.TryRead(data, out var facts))
            return (null, new RingsProblem(Errno.EPROTO, "the answer is not one of the iouringd protocol"));
        if (facts.Header != RingsHeader.Current || facts.AbiMajor != RingsWire.Major || facts.AbiMinor != RingsWire.Minor || facts.Status == RingsWire.StatusReject)
        {
            return (null, new RingsProblem(
                Errno.EPROTONOSUPPORT,
                $"the server speaks protocol {facts.Header.Major}.{facts.Header.Minor} with ABI {facts.AbiMajor}.{facts.AbiMinor}{(facts.Status == RingsWire.StatusAccept ? "" : " and refused")}; this client speaks {RingsWire.Major}.{RingsWire.Minor}"));
        }

        if (facts.Status != RingsWire.StatusAccept || facts.Reserved != 0)
            return (null, new RingsProblem(Errno.EPROTO, $"the server broke the protocol: handshake status {facts.Status}"));
        if (RingsLimits.Refusal(facts) is { } refusal)
            return (null, new RingsProblem(Errno.EPROTO, "the server broke the protocol: " + refusal));
        return (new RingsServerFacts(
            facts.Features,
            (int)facts.RingEntries,
            (int)Math.Min(facts.CompletionEntries, int.MaxValue),
            facts.Operations,
            (int)facts.SubmitCredits,
            (int)facts.FdSlots,
            (int)facts.BufferSlots,
            (int)facts.IoBytesMax), null);
    }
}
