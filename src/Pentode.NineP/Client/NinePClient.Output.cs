using Pentode.Core;
using Pentode.Core.Codecs;
using Pentode.NineP.Wire;
using Pentode.Uring;
using Pentode.Uring.Streams;

namespace Pentode.NineP.Client;

/// <content>Requests on their way out; the payload of a write from the caller's memory.</content>
public sealed partial class NinePClient
{
    /// <summary>Payload up to this size is copied beside the other requests.</summary>
    private const int CopyLimit = 8 << 10;

    private const int WriteHeaderSize = P9Limits.HeaderSize + 4 + 8 + 4;

    /// <summary>Appends a frame; a body that does not fit the protocol is taken back.</summary>
    private Errno Append<T>(ushort tag, in T message)
        where T : IWireMessage<T>, allows ref struct
    {
        var size = P9Limits.HeaderSize + message.Size;
        if (size > _msize)
            return Errno.EMSGSIZE;
        var writer = new LittleEndianWriter(_output.Reserve(size));
        writer.U32((uint)size);
        writer.U8((byte)T.Type);
        writer.U16(tag);
        message.Write(ref writer);
        if (writer.IsOverrun || writer.Position != size)
            return Errno.ENAMETOOLONG;
        _output.Commit(size);
        QueueTurnEnd();
        return Errno.None;
    }

    /// <summary>Appends a Twrite whose payload is sent from where it is.</summary>
    private void AppendWrite(NinePCall call, uint fid, ulong offset, ReadOnlyMemory<byte> data)
    {
        var writer = new LittleEndianWriter(_output.Reserve(WriteHeaderSize));
        writer.U32((uint)(WriteHeaderSize + data.Length));
        writer.U8((byte)P9Type.Twrite);
        writer.U16(call.Tag);
        writer.U32(fid);
        writer.U64(offset);
        writer.U32((uint)data.Length);
        _output.Commit(WriteHeaderSize);
        _output.Append(data, call);
        call.IsUnsent = true;
        QueueTurnEnd();
    }

    /// <summary>The memory of a call has been sent, or never will be.</summary>
    internal void Left(NinePCall call)
    {
        call.IsUnsent = false;
        if (Error == Errno.None)
            FinishIfDone(call);
    }

    /// <inheritdoc/>
    void IStreamOwner.OnSent(Errno error)
    {
        if (Error == Errno.None && error != Errno.None)
            Fail(error, "the connection was lost");
        else
            QueueTurnEnd();
    }

    /// <inheritdoc/>
    void IFaultOwner.OnFault(Exception error) => Fail(Errno.EIO, "a fault ended the connection");
}
