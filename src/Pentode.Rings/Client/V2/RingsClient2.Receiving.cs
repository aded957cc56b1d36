using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire.V2;

namespace Pentode.Rings.Client.V2;

/// <content>What the server says: messages, and completions of the shared ring.</content>
public sealed partial class RingsClient2
{
    // Bytes of the message at the start of the data; 0 when it is not whole yet or ended the connection.
    private int OnMessage(ReadOnlySpan<byte> data)
    {
        if (data.Length < RingsWire2.HeaderSize)
            return 0;
        if (!RingsMessageHeader.TryRead(data[..RingsWire2.HeaderSize], out var header) || header.Length is < RingsWire2.HeaderSize or > RingsWire2.MaxMessage)
            return Broken("a message");
        if (data.Length < (int)header.Length)
            return 0;
        var body = data[RingsWire2.HeaderSize..(int)header.Length];
        switch (header.Type)
        {
            case RingsMessageType.Complete when header.Count * RingsWire2.CompletionSize <= body.Length:
                for (var i = 0; i < header.Count; i++)
                {
                    _ = RingsCompletionRecord.TryRead(body.Slice(i * RingsWire2.CompletionSize, RingsWire2.CompletionSize), out var record);
                    if (!OnCompletion(record))
                        return 0;
                }

                break;
            case RingsMessageType.Reply when _unanswered.TryDequeue(out var asked) && asked.Stats is null && RingsItem.TryRead(body, out var item):
                asked.Item.TrySetResult(item.Value == 0 ? item : (Errno)(-item.Value));
                break;
            case RingsMessageType.Stats when _unanswered.TryDequeue(out var asked) && asked.Stats is { } waiting && RingsClientStats.TryRead(body) is { } stats:
                waiting.TrySetResult(stats);
                break;
            case RingsMessageType.Goodbye when RingsGoodbye.TryRead(body, out var goodbye):
                Fail(goodbye.Reason == RingsGoodbyeReason.Ending ? Errno.ESHUTDOWN : Errno.EPROTO, goodbye.Reason == RingsGoodbyeReason.Ending ? "the server ends" : $"the server ended the connection: {goodbye.Reason} ({goodbye.About})");
                return 0;
            default:
                return Broken($"a message of type {(ushort)header.Type}");
        }

        return (int)header.Length;
    }

    private int Broken(string what)
    {
        Fail(Errno.EPROTO, "the server broke the protocol: " + what);
        return 0;
    }

    // False when the connection ended.
    private bool OnCompletion(in RingsCompletionRecord record)
    {
        var index = (int)(uint)record.UserData;
        if ((uint)index >= (uint)_calls.Count || _calls[index] is not { IsUnderWay: true } call || call.UserData != record.UserData)
        {
            Broken("a completion of nothing");
            return false;
        }

        call.Extra = record.Extra;
        var hasMore = (record.Flags & RingsCompletionFlags.More) != 0;
        if (hasMore != (hasMore && call.Shots is not null))
        {
            Broken("a completion too many");
            return false;
        }

        if (!hasMore)
        {
            _inFlight--;
            call.IsUnderWay = false;
            call.Owned.Return();
        }

        if (_waiting.Count > 0)
            Touch();
        if (call.Shots is { } shots)
        {
            if (!hasMore)
                _idle.Push(call);
            shots.OnShot(record.Result, record.Extra, hasMore);
        }
        else
        {
            call.SetResult(record.Result >= 0 ? record.Result : (Errno)(-record.Result));
        }

        return _problem is null;
    }

    private void ArmWake() => Loop.Poll(_ring!.Wake, PollIn, _waker);

    private void OnWake(int result)
    {
        if (_problem is not null || result < 0)
        {
            if (result < 0)
                FailIo("waiting", (Errno)(-result));
            TryEnd();
            return;
        }

        var ring = _ring!;
        Span<byte> count = stackalloc byte[8];
        _ = FileCalls.Read(ring.Wake, count);
        _isDelivering = true;
        _ = ring.SetWantWake(false);
        var isSound = true;
        do
        {
            while (_problem is null && ring.TryTake(out var record, out isSound))
            {
                if (!OnCompletion(record))
                    break;
            }

            ring.Taken();
        }
        while (_problem is null && isSound && ring.SetWantWake(true));
        _isDelivering = false;
        if (!isSound)
            Broken("counters of the shared ring");
        if (_problem is not null)
            Touch();
        else
            ArmWake();
    }
}
