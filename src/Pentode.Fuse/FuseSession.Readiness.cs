using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.Files;
using Pentode.Fuse.Wire;

namespace Pentode.Fuse;

/// <content>poll(2): asked by the kernel, and told to it when it changes.</content>
public sealed partial class FuseSession
{
    private const uint PollReadNormal = 0x40;
    private const uint PollWriteNormal = 0x100;

    private Errno Poll(FuseRequest q)
    {
        if (!FusePollIn.TryRead(q.Body.Span, out var m))
            return Errno.EIO;
        if (Pin(q, m.Handle) is not { } file)
            return Errno.EBADF;
        FusePollSink? sink = null;
        if ((m.Flags & FuseLimits.PollScheduleNotify) != 0)
        {
            sink = q.Handle!.Poll ??= new FusePollSink(this, q.Handle);
            sink.KernelHandle = m.KernelHandle;
        }

        var ready = Volume.Poll(file, sink);
        var events = (uint)ready;
        if ((ready & FileReadiness.Readable) != 0)
            events |= PollReadNormal;
        if ((ready & FileReadiness.Writable) != 0)
            events |= PollWriteNormal;
        Span<byte> bytes = stackalloc byte[FusePollOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FusePollOut { Events = events }.Write(ref writer);
        _ = Answer(q, bytes);
        return Errno.None;
    }

    /// <summary>The kernel asks again when it hears this.</summary>
    internal void NotifyPoll(FusePollSink sink)
    {
        if (_isEnding || sink.Handle.IsReleased)
            return;
        Span<byte> bytes = stackalloc byte[FuseNotifyPollWakeupOut.Size];
        var writer = new LittleEndianWriter(bytes);
        new FuseNotifyPollWakeupOut { KernelHandle = sink.KernelHandle }.Write(ref writer);
        _ = Send(0, FuseLimits.NotifyPoll, bytes);
    }
}
