using Pentode.Core.Buffers;
using Pentode.Uring;

namespace Pentode.Nfs.Rpc;

/// <summary>Where calls come from and replies go to: a TCP connection or a UDP socket. Everything on its loop's thread.</summary>
internal abstract class RpcTransport
{
    /// <summary>The loop.</summary>
    public abstract IoLoop Loop { get; }

    /// <summary>"tcp" or "udp".</summary>
    public abstract string Name { get; }

    /// <summary>Bytes before the reply header: the record mark of a stream.</summary>
    public abstract int MarkSize { get; }

    /// <summary>Largest READ or WRITE payload offered here.</summary>
    public abstract int MaxTransfer { get; }

    /// <summary>
    /// Room for a reply of at most <paramref name="size"/> bytes (mark included), to be filled at once and given to <see cref="Commit"/> before
    /// anything else is reserved.
    /// </summary>
    public abstract Span<byte> Reserve(int size);

    /// <summary>The first <paramref name="size"/> bytes of what was reserved are a reply; the mark is not written yet.</summary>
    public abstract void Commit(RpcCall call, int size);

    /// <summary>Sends a part of a buffer as a reply, whose first bytes are room for the mark. Owns the buffer from now on.</summary>
    public abstract void Send(RpcCall call, NativeBuffer buffer, int start, int size);

    /// <summary>A call that could not end at once has ended.</summary>
    public abstract void Continue(RpcCall call);

    /// <summary>Counts bytes that a call holds until it ends.</summary>
    public abstract void Hold(RpcCall call, int bytes);

    /// <summary>Counts payload.</summary>
    public virtual void CountBytes(int read, int written)
    {
    }

    /// <summary>What the client last used and, when that is news, as whom: for <c>pentode status</c>.</summary>
    public virtual void Note(string export, string? user)
    {
    }
}
