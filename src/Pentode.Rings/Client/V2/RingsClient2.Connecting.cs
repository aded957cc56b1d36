using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Linux;
using Pentode.Rings.Wire;
using Pentode.Rings.Wire.V2;
using Pentode.Uring;

namespace Pentode.Rings.Client.V2;

/// <content>Connecting, negotiation, set-up of the shared memory.</content>
public sealed partial class RingsClient2
{
    /// <summary>
    /// Connects to a server's socket ('@' first means the abstract namespace) and negotiates protocol 2. A problem with EPROTONOSUPPORT means
    /// that the server speaks protocol 1 only: connect with <see cref="RingsClient"/>. Loop thread; never throws for what a server does.
    /// </summary>
    public static async Task<(RingsClient2? Client, RingsProblem? Problem)> ConnectAsync(IoLoop loop, string path, RingsClient2Options? options = null)
    {
        var settings = options ?? new RingsClient2Options();
        var (socket, problem) = await RingsDial.ConnectAsync(loop, path, settings.HandshakeTimeoutMs).ConfigureAwait(true);
        return problem is null ? await HandshakeAsync(loop, socket, path, settings).ConfigureAwait(true) : (null, problem);
    }

    private static async Task<(RingsClient2? Client, RingsProblem? Problem)> HandshakeAsync(IoLoop loop, int socket, string name, RingsClient2Options settings)
    {
        var deadline = new RingsDeadline(loop, socket, settings.HandshakeTimeoutMs);
        var scratch = loop.Buffers.Rent(RingsWire2.WelcomeSize);
        RingsWelcome? welcome = null;
        RingsProblem? problem;
        RingsClient2? client = null;
        try
        {
            (welcome, problem) = await ExchangeAsync(loop, socket, scratch).ConfigureAwait(true);
            if (welcome is { } server)
            {
                client = new RingsClient2(loop, socket, name, server, settings);
                problem = await client.SetUpAsync().ConfigureAwait(true);
            }
        }
        finally
        {
            scratch.Release();
            deadline.Over();
        }

        if (client is not null && problem is null && !deadline.IsLate)
            return (client, null);
        if (client is not null)
            await client.DisposeAsync().ConfigureAwait(true);
        else
            loop.Close(socket);
        problem = deadline.IsLate ? deadline.Problem : problem!;
        return (null, problem with { Message = $"{name}: {problem.Message}" });
    }

    private static async Task<(RingsWelcome? Welcome, RingsProblem? Problem)> ExchangeAsync(IoLoop loop, int socket, NativeBuffer scratch)
    {
        var length = new RingsHandshakeRequest { Header = new RingsHeader(RingsWire2.Major, RingsWire2.Minor), AbiMajor = RingsWire2.Major, AbiMinor = RingsWire2.Minor }.Write(scratch.GetSpan());

        // An old server answers 52 bytes, of which the first 8 tell its version.
        const int least = RingsWire.HandshakeResultSize;
        var (received, problem) = await RingsDial.ExchangeAsync(loop, socket, scratch, length, least).ConfigureAwait(true);
        if (problem is not null)
            return (null, problem);
        if (received < least)
        {
            return (null, received == 0
                ? new RingsProblem(Errno.EPIPE, "the server closed the connection without a word: it has no room for another client, or does not serve this user")
                : new RingsProblem(Errno.EPROTO, $"an answer of {received} bytes: no server of the iouringd protocol"));
        }

        if (!RingsHeader.TryRead(scratch.GetSpan()[..RingsWire.HeaderSize], out var header))
            return (null, new RingsProblem(Errno.EPROTO, "the answer is not one of the iouringd protocol"));
        if (header.Major != RingsWire2.Major)
            return (null, new RingsProblem(Errno.EPROTONOSUPPORT, $"the server speaks protocol {header.Major}.{header.Minor}, not 2"));
        received = await loop.ReceiveAsync(socket, scratch.Slice(least, RingsWire2.WelcomeSize - least), waitAll: true).ConfigureAwait(true);
        if (received < RingsWire2.WelcomeSize - least || !RingsWelcome.TryRead(scratch.GetSpan()[..RingsWire2.WelcomeSize], out var welcome))
            return (null, new RingsProblem(Errno.EPROTO, "the server broke the protocol: its answer to the handshake"));
        return welcome.Status switch
        {
            RingsWire2.StatusAccept when welcome.Credits is > 0 and <= 65536 => (welcome, null),
            RingsWire2.StatusFull => (null, new RingsProblem(Errno.EAGAIN, "the server has no room for another client")),
            _ => (null, new RingsProblem(Errno.EPROTO, $"the server refused with status {welcome.Status}")),
        };
    }

    private async Task<RingsProblem?> SetUpAsync()
    {
        var isRing = _options.UsesSharedRing && (Server.Features & RingsFeatures.SharedRing) != 0;
        var ringBytes = isRing ? (RingsWire2.RingSize(_options.RingEntries) + RingsWire2.RegionAlignment - 1) & ~(long)(RingsWire2.RegionAlignment - 1) : 0;
        if ((ulong)(_options.RegionBytes + ringBytes) > Server.RegionBytes)
            return new RingsProblem(Errno.ENOSPC, $"the server allows {Server.RegionBytes} bytes of shared memory, {_options.RegionBytes + ringBytes} are wanted");
        var region = await RegisterRegion(_options.RegionBytes).ConfigureAwait(true);
        if (!region.IsOk)
            return _problem ?? new RingsProblem(region.Error, $"the server does not take shared memory of {_options.RegionBytes} bytes: {region.Error}");
        Region = region.Value;
        if (!isRing)
            return null;
        var ringRegion = await RegisterRegion(ringBytes).ConfigureAwait(true);
        if (!ringRegion.IsOk)
            return _problem ?? new RingsProblem(ringRegion.Error, $"the server does not take a shared ring: {ringRegion.Error}");
        var doorbell = ReadinessCalls.CreateEvent();
        var wake = ReadinessCalls.CreateEvent();
        if (doorbell < 0 || wake < 0)
            return new RingsProblem((Errno)(-Math.Min(doorbell, wake)), "cannot make an eventfd");
        var ring = new ClientRing(ringRegion.Value, 0, _options.RingEntries, doorbell, wake);
        var body = new byte[RingsWire2.RingRequestSize];
        new RingsRingRequest(ringRegion.Value.Id, (uint)_options.RingEntries, 0).Write(body);
        var answer = await Control(new RingsControl { Message = Message(RingsMessageType.SetupRing, 1, body), Descriptors = [doorbell, wake] }).ConfigureAwait(true);
        if (!answer.IsOk)
        {
            ring.Close();
            return _problem ?? new RingsProblem(answer.Error, $"the server does not take a shared ring: {answer.Error}");
        }

        _ring = ring;
        _ = ring.SetWantWake(true);
        ArmWake();
        return null;
    }
}
