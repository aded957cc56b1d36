using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Rings.Wire;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>Connecting and handshake.</summary>
public sealed partial class RingsClient
{
    private const int ConnectAgainMs = 5;

    /// <summary>Connects to a server's socket ('@' first means the abstract namespace) and shakes hands. Loop thread; never throws for what a server does.</summary>
    public static async Task<(RingsClient? Client, RingsProblem? Problem)> ConnectAsync(IoLoop loop, string path, RingsClientOptions? options = null)
    {
        var settings = options ?? new RingsClientOptions();
        var address = Sockets.UnixAddress(path);
        if (address.Length == 0)
            return (null, new RingsProblem(Errno.ENAMETOOLONG, $"cannot connect to {path}: {RingsProblem.Words(Errno.ENAMETOOLONG)}"));
        var made = Sockets.CreateUnix();
        if (!made.IsOk)
            return (null, new RingsProblem(made.Error, $"cannot make a socket: {made.Error}"));
        var until = loop.NowMs + settings.HandshakeTimeoutMs;
        while (true)
        {
            var result = await loop.ConnectAsync(made.Value, address).ConfigureAwait(true);
            if (result >= 0)
                return await HandshakeAsync(loop, made.Value, path, settings).ConfigureAwait(true);
            var error = (Errno)(-result);
            if (error != Errno.EAGAIN || loop.NowMs >= until)
            {
                loop.Close(made.Value);
                return (null, new RingsProblem(error, $"cannot connect to {path}: {RingsProblem.Words(error)}"));
            }

            await loop.DelayAsync(ConnectAgainMs).ConfigureAwait(true);
        }
    }

    /// <summary>Shakes hands over a connected socket, which it owns from now on; <paramref name="name"/> stands in messages. Loop thread.</summary>
    public static async Task<(RingsClient? Client, RingsProblem? Problem)> HandshakeAsync(IoLoop loop, int socket, string name, RingsClientOptions? options = null)
    {
        var settings = options ?? new RingsClientOptions();
        var deadline = new Deadline(socket);
        var scratch = loop.Buffers.Rent(RingsWire.HandshakeResultSize);
        loop.Delay(settings.HandshakeTimeoutMs, deadline);
        RingsServerFacts? facts;
        RingsProblem? problem;
        try
        {
            (facts, problem) = await ExchangeAsync(loop, socket, scratch).ConfigureAwait(true);
        }
        finally
        {
            scratch.Release();
            if (deadline.IsPending)
                loop.Cancel(deadline);
            deadline.IsOver = true;
        }

        if (facts is not null && !deadline.IsLate)
            return (new RingsClient(loop, socket, name, facts, settings), null);
        loop.Close(socket);
        problem = deadline.IsLate ? new RingsProblem(Errno.ETIMEDOUT, $"no complete handshake within {settings.HandshakeTimeoutMs / 1000.0:0.#} s") : problem!;
        return (null, problem with { Message = $"{name}: {problem.Message}" });
    }

    private static async Task<(RingsServerFacts? Facts, RingsProblem? Problem)> ExchangeAsync(IoLoop loop, int socket, NativeBuffer scratch)
    {
        var length = new RingsHandshakeRequest { Header = RingsHeader.Current, AbiMajor = RingsWire.Major, AbiMinor = RingsWire.Minor }.Write(scratch.GetSpan());
        var sent = await loop.SendAsync(socket, scratch.Slice(0, length)).ConfigureAwait(true);
        if (sent < 0)
            return (null, Io("sending", sent));
        var received = await loop.ReceiveAsync(socket, scratch.Slice(0, RingsWire.HandshakeResultSize), waitAll: true).ConfigureAwait(true);
        if (received < 0)
            return (null, Io("receiving", received));
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

    private static RingsProblem Io(string what, int result) => new((Errno)(-result), $"{what} the handshake failed: {RingsProblem.Words((Errno)(-result))}");

    private sealed class Deadline(int socket) : IoCompletion
    {
        public bool IsOver { get; set; }

        public bool IsLate { get; private set; }

        public override void Complete(int result)
        {
            if (result != 0 || IsOver)
                return;
            IsLate = true;
            Sockets.Shutdown(socket);
        }
    }
}
