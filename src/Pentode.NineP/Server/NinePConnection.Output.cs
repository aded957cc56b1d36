using Pentode.Core.Codecs;
using Pentode.NineP.Wire;

namespace Pentode.NineP.Server;

/// <content>Replies.</content>
internal sealed partial class NinePConnection
{
    /// <summary>Where the data of a read lies in its buffer. Copies to an address a few bytes after a page boundary take three times as long.</summary>
    private const int ReplyDataStart = 64;
    private const int ReplyHeaderStart = ReplyDataStart - P9Limits.ReadHeaderSize;

    private void Answer<T>(Request request, in T message)
        where T : IWireMessage<T>, allows ref struct
    {
        if (request.Epoch != _epoch)
            return;
        var size = P9Limits.HeaderSize + message.Size;
        var writer = new LittleEndianWriter(Output.Reserve(size));
        writer.U32((uint)size);
        writer.U8((byte)T.Type);
        writer.U16(request.Tag);
        message.Write(ref writer);
        Output.Commit(size);
        QueueTurnEnd();
        request.IsAnswered = true;
        System.Diagnostics.Debug.Assert(!writer.IsOverrun && writer.Position == size, "reply size");
    }

    private void AnswerEmpty(Request request)
    {
        AnswerEmpty(request, (P9Type)((byte)request.Type + 1), request.Tag);
        request.IsAnswered = true;
    }

    private void AnswerEmpty(Request request, P9Type type, ushort tag)
    {
        if (request.Epoch != _epoch)
            return;
        var writer = new LittleEndianWriter(Output.Reserve(P9Limits.HeaderSize));
        writer.U32(P9Limits.HeaderSize);
        writer.U8((byte)type);
        writer.U16(tag);
        Output.Commit(P9Limits.HeaderSize);
        QueueTurnEnd();
    }

    /// <summary>Sends the reply buffer of a read, whose data lies at <see cref="ReplyDataStart"/>.</summary>
    private void AnswerData(Request request, int count)
    {
        if (request.Epoch != _epoch || request.Reply is not { } buffer)
            return;
        request.IsAnswered = true;
        Totals.CountRead(count);
        var size = P9Limits.ReadHeaderSize + count;
        var writer = new LittleEndianWriter(buffer.GetSpan()[ReplyHeaderStart..]);
        writer.U32((uint)size);
        writer.U8((byte)((byte)request.Type + 1));
        writer.U16(request.Tag);
        writer.U32((uint)count);
        Output.Append(buffer, ReplyHeaderStart, size);
        request.Reply = null;
        QueueTurnEnd();
    }
}
