using Pentode.Core.Buffers;
using Pentode.Uring;
using Pentode.Uring.Streams;

namespace Pentode.Nfs.Rpc;

/// <summary>Where calls come from and replies go to: a TCP connection or a UDP socket. Everything on its loop's thread.</summary>
internal interface IRpcTransport
{
    /// <summary>The loop.</summary>
    IoLoop Loop { get; }

    /// <summary>"tcp" or "udp".</summary>
    string Name { get; }

    /// <summary>Bytes before the reply header: the record mark of a stream.</summary>
    int MarkSize { get; }

    /// <summary>Largest READ or WRITE payload offered here.</summary>
    int MaxTransfer { get; }

    /// <summary>Replies may end with bytes of a file (<see cref="SendFile"/>).</summary>
    bool CanSendFiles => false;

    /// <summary>
    /// Room for a reply of at most <paramref name="size"/> bytes (mark included), to be filled at once and given to <see cref="Commit"/> before
    /// anything else is reserved.
    /// </summary>
    Span<byte> Reserve(int size);

    /// <summary>The first <paramref name="size"/> bytes of what was reserved are a reply; the mark is not written yet.</summary>
    void Commit(RpcCall call, int size);

    /// <summary>Sends a part of a buffer as a reply, whose first bytes are room for the mark. Owns the buffer from now on.</summary>
    void Send(RpcCall call, NativeBuffer buffer, int start, int size);

    /// <summary>The first <paramref name="headSize"/> bytes of what was reserved are the head of a reply that goes on with bytes of a file.</summary>
    void SendFile(int headSize, CachedRange range, int length, IStreamPart owner) => throw new NotSupportedException();

    /// <summary>A call that could not end at once has ended.</summary>
    void Continue(RpcCall call);

    /// <summary>Counts bytes that a call holds until it ends.</summary>
    void Hold(RpcCall call, int bytes);

    /// <summary>Counts payload.</summary>
    void CountBytes(int read, int written)
    {
    }

    /// <summary>What the client last used and, when that is news, as whom: for <c>pentode status</c>.</summary>
    void Note(string export, string? user)
    {
    }
}
