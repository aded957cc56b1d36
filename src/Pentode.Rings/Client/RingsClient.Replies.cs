using System.Buffers.Binary;
using Pentode.Core;
using Pentode.Core.Buffers;
using Pentode.Rings.Wire;
using Pentode.Uring;

namespace Pentode.Rings.Client;

/// <summary>What the server says. Records carry no tag: one that begins with the header is a completion, any other answers the oldest request.</summary>
public sealed partial class RingsClient
{
    private const int InBytes = 128 << 10;
    private const ulong Header = RingsWire.Magic | ((ulong)RingsWire.Major << 32) | ((ulong)RingsWire.Minor << 48);

    private readonly Receiver _receiver;
    private readonly Queue<RingsRequest> _unanswered = new();
    private readonly Dictionary<ulong, RingsRequest> _running = [];
    private ulong _lastTaskId;

    // Length of the record at the start, which has been dealt with; 0 when more bytes are needed or the server broke the protocol.
    private int Record(ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire.HeaderSize)
            return 0;
        if (BinaryPrimitives.ReadUInt64LittleEndian(data) == Header)
            return OnCompletion(data);
        if (!_unanswered.TryPeek(out var request))
            return Broken("a reply to no request");
        return request.Kind switch
        {
            RingsKind.GetStats => OnStats(request, data),
            RingsKind.GetTrace => OnTrace(request, data),
            RingsKind.RegisterFd or RingsKind.RegisterBuffer or RingsKind.ReleaseResource => OnResource(request, data),
            _ => OnSubmit(request, data),
        };
    }

    private int OnSubmit(RingsRequest request, ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire.SubmitResultSize)
            return 0;
        _ = RingsSubmitResult.TryRead(data[..RingsWire.SubmitResultSize], out var reply);
        if (reply.Credits > (uint)Server.RingEntries)
            return Broken($"{reply.Credits} credits left of a ring of {Server.RingEntries} entries");
        if (reply.Result == 0)
        {
            // Ids are one rising counter for all clients.
            if (!RingsLimits.IsTaskId(reply.Task) || reply.Task <= _lastTaskId)
                return Broken($"task id {reply.Task} after {_lastTaskId}");
        }
        else if (!RingsLimits.IsError(reply.Result) || reply.Task != 0)
        {
            return Broken($"a submit result of {reply.Result} with task id {reply.Task}");
        }

        Answered();
        LastCredits = (int)reply.Credits;
        if (reply.Result == 0)
            OnAccepted(request, reply.Task);
        else
            OnRefused(request, (Errno)(-reply.Result), (int)reply.Credits);
        return RingsWire.SubmitResultSize;
    }

    private void OnAccepted(RingsRequest request, ulong taskId)
    {
        _lastTaskId = taskId;
        request.TaskId = taskId;
        _running.Add(taskId, request);
        if (request.TakesCredit)
            _accepted++;
        if (request.Ticket is { } ticket)
            ticket.TaskId = taskId;
        if (request.Cancel is not { } cancel)
            return;
        request.Cancel = null;
        cancel.Wide = taskId;
        Control(cancel);
    }

    private void OnRefused(RingsRequest request, Errno error, int credits)
    {
        if (request.TakesCredit)
            _inFlight--;
        Touch();
        if (error == Errno.EAGAIN)
        {
            HoldBack(request, credits);
            return;
        }

        EndCancel(request, Errno.ENOENT);
        Deliver(request, error);
    }

    private int OnResource(RingsRequest request, ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire.ResourceResultSize)
            return 0;
        _ = RingsResourceResult.TryRead(data[..RingsWire.ResourceResultSize], out var reply);
        var isOk = reply.Result == 0;
        if (reply.Reserved != 0 || (!isOk && !RingsLimits.IsError(reply.Result)) || isOk != (reply.Resource != 0))
            return Broken($"a resource result of {reply.Result} with resource {reply.Resource}");
        if (isOk && request.Kind == RingsKind.ReleaseResource && reply.Resource != request.Resource)
            return Broken($"the release of resource {reply.Resource} instead of {request.Resource}");
        if (reply.Available > (uint)Math.Max(Server.DescriptorSlots, Server.BufferSlots))
            return Broken($"{reply.Available} free slots");
        Answered();
        request.Value1 = (int)reply.Resource;
        request.Value2 = (int)reply.Available;
        Deliver(request, (Errno)(-reply.Result));
        return RingsWire.ResourceResultSize;
    }

    private int OnStats(RingsRequest request, ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire.StatsSize)
            return 0;
        _ = RingsStats.TryRead(data[..RingsWire.StatsSize], out var stats);
        if (stats.AvailableCredits > (uint)Server.RingEntries || stats.PerClientCreditLimit > (uint)Server.RingEntries || stats.ClientsAtCreditLimit > stats.ActiveClients)
            return Broken("statistics that cannot be");
        Answered();
        request.StatsValue = stats;
        Deliver(request, Errno.None);
        return RingsWire.StatsSize;
    }

    private int OnTrace(RingsRequest request, ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire.TraceHeadSize)
            return 0;
        _ = RingsTraceHead.TryRead(data[..RingsWire.TraceHeadSize], out var head);
        if (head.Reserved != 0 || head.Count > request.Value || head.OldestSequence > head.LatestSequence)
            return Broken($"a trace of {head.Count} events when {request.Value} were asked for");
        var length = RingsWire.TraceHeadSize + ((int)head.Count * RingsWire.TraceEventSize);
        if (data.Length < length)
            return 0;
        var last = request.Wide;
        for (var at = RingsWire.TraceHeadSize; at < length; at += RingsWire.TraceEventSize)
        {
            _ = RingsTraceEvent.TryRead(data.Slice(at, RingsWire.TraceEventSize), out var entry);
            if (entry.Sequence <= last || entry.Sequence < head.OldestSequence || entry.Sequence > head.LatestSequence || !IsSound(entry))
                return Broken($"a trace event that cannot be (sequence {entry.Sequence} after {last})");
            last = entry.Sequence;
            request.Events!.Add(entry);
        }

        Answered();
        request.TraceValue = new RingsTrace(head.OldestSequence, head.LatestSequence, (int)head.Count);
        Deliver(request, Errno.None);
        return length;
    }

    private static bool IsSound(in RingsTraceEvent entry) =>
        entry.Event is >= RingsTraceKind.SubmitAccept and <= RingsTraceKind.ResourceRelease && entry.Kind <= RingsKind.Close &&
        entry.Priority <= RingsPriority.High && entry.Reserved == 0;

    private int OnCompletion(ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire.CompletionSize)
            return 0;
        var payloadLength = BinaryPrimitives.ReadUInt16LittleEndian(data[22..]);
        if (payloadLength > Server.IoBytesMax)
            return Broken($"a completion with {payloadLength} bytes");
        var length = RingsWire.CompletionSize + payloadLength;
        if (data.Length < length)
            return 0;
        _ = RingsCompletion.TryRead(data[..length], out var end);
        if (!_running.TryGetValue(end.Task, out var request))
            return Broken($"the completion of task {end.Task}, which is not under way");
        if (end.Kind != request.Kind || !IsSound(end, request))
            return Broken($"a completion that cannot be (task {end.Task}, kind {(ushort)end.Kind}, result {end.Result}, {payloadLength} bytes)");
        _running.Remove(end.Task);
        end.Payload.CopyTo(request.Target.Span);
        request.Value1 = end.Result;
        request.Value2 = payloadLength;
        if (request.TakesCredit)
            OnCreditBack();
        Deliver(request, end.Result < 0 ? (Errno)(-end.Result) : Errno.None);
        return length;
    }

    private static bool IsSound(in RingsCompletion end, RingsRequest request)
    {
        if (end.Result < 0)
            return RingsLimits.IsError(end.Result) && end.PayloadLength == 0;
        switch (request.Kind)
        {
            case RingsKind.SockRead or RingsKind.FileRead or RingsKind.SockReadFixed:
                return end.PayloadLength == end.Result && end.Result <= request.Target.Length;
            case RingsKind.Accept:
                return end.Result > 0 && end.PayloadLength <= request.Target.Length;
            case RingsKind.OpenAt:
                return end.Result > 0 && end.PayloadLength == 0;
            case RingsKind.SockWrite or RingsKind.FileWrite or RingsKind.SockWriteFixed:
                return end.Result <= (int)request.Value && end.PayloadLength == 0;
            case RingsKind.Poll:
                return end.Result <= ushort.MaxValue && end.PayloadLength == 0;
            default:
                return end.Result == 0 && end.PayloadLength == 0;
        }
    }

    private void Answered()
    {
        _unanswered.Dequeue();
        _replies++;
        if (_control.Count > 0 || _waiting.Count > 0)
            Touch();
    }

    private int Broken(string what)
    {
        Fail(Errno.EPROTO, "the server broke the protocol: " + what);
        return 0;
    }

    private sealed class Receiver(RingsClient client) : RecordReceiver(client.Loop, client._socket, InBytes)
    {
        protected override bool HasFailed => client._problem is not null;

        protected override int OnRecord(ReadOnlySpan<byte> data) => client.Record(data);

        protected override void OnError(Errno error) => client.FailIo("receiving", error);

        protected override void OnEnd(bool isWhole) =>
            client.Fail(Errno.EPIPE, isWhole ? "the server closed the connection" : "the server closed the connection in the middle of a record");

        protected override void OnFailed() => client.Touch();
    }
}
