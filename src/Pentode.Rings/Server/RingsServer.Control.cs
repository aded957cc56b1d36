using System.Runtime.InteropServices;
using Pentode.Core;
using Pentode.Linux;
using Pentode.Rings.Wire;

namespace Pentode.Rings.Server;

/// <summary>Control requests: resources, statistics, trace.</summary>
public sealed unsafe partial class RingsServer
{
    private void Control(RingsSession session, RingsKind kind, ReadOnlySpan<byte> frame)
    {
        switch (kind)
        {
            case RingsKind.RegisterFd:
                RegisterFd(session);
                break;
            case RingsKind.RegisterBuffer:
                RegisterBuffer(session, frame);
                break;
            case RingsKind.ReleaseResource:
                _ = RingsResourceRequest.TryRead(frame, out var release);
                ReleaseResource(session, release.Resource);
                break;
            case RingsKind.GetStats:
                _ = Stats.Write(session.Reply(RingsWire.StatsSize));
                break;
            default:
                _ = RingsGetTraceRequest.TryRead(frame, out var request);
                const int most = RingsWire.TraceHeadSize + (RingsWire.TraceCapacity * RingsWire.TraceEventSize);
                session.Trim(most - _trace.Answer(session.Reply(most), request.AfterSequence, request.MaxEvents));
                break;
        }
    }

    private void RegisterFd(RingsSession session)
    {
        var descriptor = -1;
        if (session.PendingFd >= 0 && session.PendingFdOwner <= session.InputOffset)
        {
            descriptor = session.PendingFd;
            session.PendingFd = -1;
        }

        if (descriptor < 0)
        {
            Answer(session, 0, Errno.EINVAL, session.FreeFiles);
            return;
        }

        var file = FreeFile(session);
        var error = file is null ? Errno.EAGAIN : DescriptorReceiving.IsPathOnly(descriptor) ? Errno.EBADF : TryCountFile(session) ? Errno.None : Errno.EAGAIN;
        if (error != Errno.None)
        {
            CloseDescriptor(descriptor);
            Answer(session, 0, error, session.FreeFiles);
            return;
        }

        file!.Id = session.NextResource();
        file.Descriptor = descriptor;
        Learn(file, FileNature.Of(descriptor));
        _files++;
        Answer(session, file.Id, Errno.None, session.FreeFiles);
        TraceResource(RingsTraceKind.ResourceRegister, session, file.Id, 0);
    }

    private void RegisterBuffer(RingsSession session, ReadOnlySpan<byte> frame)
    {
        RingsBuffer? free = null;
        foreach (var buffer in session.Buffers)
        {
            if (buffer.Id == 0)
                free ??= buffer;
        }

        if (free is null)
        {
            if (session.Buffers.Count == _options.RegisteredBuffers)
            {
                Answer(session, 0, Errno.EAGAIN, session.FreeBuffers);
                return;
            }

            session.Buffers.Add(free = new RingsBuffer());
        }

        _ = RingsRegisterBufferRequest.TryRead(frame, out var request);
        free.Id = session.NextResource();
        free.Memory = _freeBuffers.TryPop(out var memory) ? (byte*)memory : (byte*)NativeMemory.AlignedAlloc((nuint)_options.IoBytesMax, 64);
        free.Length = request.Length;
        request.Data.CopyTo(new Span<byte>(free.Memory, _options.IoBytesMax));
        session.FreeBuffers--;
        _buffers++;
        Answer(session, free.Id, Errno.None, session.FreeBuffers);
        TraceResource(RingsTraceKind.ResourceRegister, session, free.Id, request.Length);
    }

    private void ReleaseResource(RingsSession session, uint id)
    {
        if (id == 0)
        {
            Answer(session, 0, Errno.EINVAL, 0);
            return;
        }

        if (session.FindFile(id) is { } file)
        {
            if (file.InFlight > 0)
            {
                Answer(session, 0, Errno.EBUSY, session.FreeFiles);
                return;
            }

            FreeFile(session, file);
            Answer(session, id, Errno.None, session.FreeFiles);
        }
        else if (session.FindBuffer(id) is { } buffer)
        {
            if (buffer.InFlight > 0)
            {
                Answer(session, 0, Errno.EBUSY, session.FreeBuffers);
                return;
            }

            FreeBuffer(session, buffer);
            Answer(session, id, Errno.None, session.FreeBuffers);
        }
        else
        {
            Answer(session, 0, Errno.ENOENT, 0);
            return;
        }

        TraceResource(RingsTraceKind.ResourceRelease, session, id, 0);
    }

    private static void Answer(RingsSession session, uint id, Errno error, int available)
    {
        if (error != Errno.None)
            session.Errors++;
        _ = new RingsResourceResult { Resource = id, Result = -(int)error, Available = (uint)available }.Write(session.Reply(RingsWire.ResourceResultSize));
    }

    private void TraceResource(RingsTraceKind kind, RingsSession session, uint id, uint bytes) =>
        _trace.Add(kind, RingsKind.None, RingsPriority.Normal, session.Slot, 0, id, 0, Credits, bytes);

    private void FreeFile(RingsSession session, RingsFile file)
    {
        if (file.Descriptor >= 0)
        {
            CloseDescriptor(file.Descriptor);
            _files--;
        }

        file.Id = 0;
        file.Descriptor = -1;
        file.InFlight = 0;
        file.IsClosing = false;
        UncountFile(session);
    }

    private void FreeBuffer(RingsSession session, RingsBuffer buffer)
    {
        _freeBuffers.Push((nint)buffer.Memory);
        _buffers--;
        buffer.Id = 0;
        buffer.Memory = null;
        buffer.Length = 0;
        buffer.InFlight = 0;
        buffer.IsClosing = false;
        session.FreeBuffers++;
    }

    // What tasks still use goes with the last of them.
    private void ReleaseAll(RingsSession session)
    {
        foreach (var file in session.Files)
        {
            if (file.Id == 0)
                continue;
            file.IsClosing = true;
            if (file.InFlight == 0)
                FreeFile(session, file);
        }

        foreach (var buffer in session.Buffers)
        {
            if (buffer.Id == 0)
                continue;
            buffer.IsClosing = true;
            if (buffer.InFlight == 0)
                FreeBuffer(session, buffer);
        }
    }

    // On a thread of the kernel: what a client handed over may linger or belong to a file system that hangs.
    private void CloseDescriptor(int descriptor)
    {
        var entry = Next();
        if (entry == null)
        {
            FileCalls.Close(descriptor);
            return;
        }

        entry->Opcode = RingsOpcodes.Close;
        entry->Flags = FlagAsync;
        entry->Descriptor = descriptor;
        entry->UserData = Tag(TagIgnore, 0, 0);
    }
}
